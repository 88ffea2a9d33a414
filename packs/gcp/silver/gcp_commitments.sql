-- Committed use by month, one row per kind of commitment: what was paid, what use it covered, and what lay idle.
-- Fees are paid for capacity or money, used or not; usage that they cover carries a credit of its full price. The fee is spread over that usage.
with lines as (
    select *, case when is_fee then x_SourceFile || '/' || lpad(cast(x_SourceRow as varchar), 18, '0') end as fee_key
    from silver.gcp_billing_lines
    where billing_period >= $period_first
        and billing_period < $period_end
        and commitment is not null
),

sums as (
    select
        billing_period, billing_account_id, currency, commitment,
        sum(case when is_fee then cost + discounts else cast(0 as decimal(38, 21)) end) as fee,
        -- With an offset credit Google itself says what was used: the rest of the fee is idle.
        sum(case when is_fee and offset_credit <> 0 then cost + discounts else cast(0 as decimal(38, 21)) end) as offset_fee,
        sum(case when is_fee then priced_quantity end)            as committed_quantity,
        max(case when is_fee then priced_unit end)                as committed_unit,
        max_by(sku_name, fee_key)                                 as fee_name,
        max_by(sku_code, fee_key)                                 as fee_sku,
        max_by(service_name, fee_key)                             as fee_service,
        max_by(region, fee_key)                                   as fee_region,
        max_by(place, fee_key)                                    as fee_place,
        max_by(usd_rate, fee_key)                                 as fee_rate,
        max_by(subscription_code, fee_key)                        as subscription_code,
        sum(covered_value)                                        as covered_value,
        sum(cv_product(priced_quantity, covered_share))           as covered_quantity,
        max(case when covered_value <> 0 then priced_unit end)    as covered_unit,
        max_by(x_SourceFile, fee_key)                             as fee_file,
        max_by(x_SourceRow, fee_key)                              as fee_row,
        max_by(x_RawIngestionId, fee_key)                         as fee_ingestion
    from lines
    group by billing_period, billing_account_id, currency, commitment
),

used as (
    select
        *,
        case
            when covered_value <= 0 then cast(0 as decimal(38, 21))
            when commitment like '%/spend' or not coalesce(committed_unit = covered_unit and covered_quantity < committed_quantity, false) then fee - offset_fee
            else cv_product(fee - offset_fee, cast(cv_ratio(covered_quantity, committed_quantity) as decimal(18, 9)))
        end                                                       as used_fee
    from sums
)

select
    billing_period, billing_account_id, currency, commitment, fee, used_fee, fee - used_fee as unused_fee,
    committed_quantity, committed_unit, covered_quantity, covered_unit, covered_value, fee_name, fee_sku, fee_service, fee_region, fee_place, fee_rate,
    subscription_code, fee_file, fee_row, fee_ingestion
from used
