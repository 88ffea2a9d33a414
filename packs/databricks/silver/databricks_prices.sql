-- Prices of SKUs, one row per SKU, currency and time of validity; times of one price do not overlap.
-- A price that several exports repeat counts once: the last file by name wins, and in one file the row that already knows its end.
with delivered as (
    select
        'list' as price_kind, account_id, sku_name, cloud, usage_unit, currency_code, price_start_time, price_end_time, pricing,
        source_file_name, source_row_number
    from bronze.databricks_list_prices

    union all

    select
        'account', account_id, sku_name, cloud, usage_unit, currency_code, price_start_time, price_end_time, pricing,
        source_file_name, source_row_number
    from bronze.databricks_account_prices
),

typed as (
    select
        price_kind,
        -- List prices are the same for every account, whoever exported them.
        case when price_kind = 'account' then account_id end               as account_id,
        sku_name,
        cloud,
        usage_unit,
        currency_code,
        cv_timestamp(price_start_time)                                     as valid_from,
        cv_timestamp(price_end_time)                                       as stated_end,
        cv_decimal(cv_json_text(pricing, '$.default'))                     as default_price,
        cv_decimal(cv_json_text(pricing, '$.effective_list.default'))      as effective_list_price,
        source_file_name,
        source_row_number
    from delivered
),

numbered as (
    select
        *,
        row_number() over (
            partition by price_kind, account_id, sku_name, cloud, usage_unit, currency_code, valid_from
            order by source_file_name desc nulls last, stated_end asc nulls last, source_row_number desc nulls last
        ) as position
    from typed
),

current_prices as (
    select
        *,
        lead(valid_from) over (
            partition by price_kind, account_id, sku_name, cloud, usage_unit, currency_code
            order by valid_from asc nulls last
        ) as next_start
    from numbered
    where position = 1
)

select
    price_kind,
    account_id,
    sku_name,
    cloud,
    usage_unit,
    currency_code,
    valid_from,
    case
        when stated_end is null then next_start
        when next_start is null then stated_end
        else least(stated_end, next_start)
    end                                                                    as valid_to,
    default_price,
    coalesce(effective_list_price, default_price)                          as effective_price,
    source_file_name                                                       as x_SourceFile,
    source_row_number                                                      as x_SourceRow
from current_prices
