-- Lines of Google's export under flat names and exact types, one row per line. Nested JSON and the flat CSV layout become the same; credits are summed here,
-- before anything multiplies rows. What a credit is stands in its type; exports from before September 2020 have only a name.
-- Source: Google Cloud, "Schema of the standard (detailed) usage cost data"; README.md of this pack.
with flat as (
    select
        billing_period,
        source_file_name                                          as x_SourceFile,
        source_row_number                                         as x_SourceRow,
        raw_ingestion_id                                          as x_RawIngestionId,
        billing_account_id,
        currency,
        cost_type,
        coalesce(cv_json_text(service, '$.id'), service_id)       as service_code,
        coalesce(cv_json_text(service, '$.description'), service_description) as service_name,
        coalesce(cv_json_text(sku, '$.id'), sku_id)               as sku_code,
        coalesce(cv_json_text(sku, '$.description'), sku_description) as sku_name,
        cv_timestamp(replace(usage_start_time, ' UTC', 'Z'))      as usage_start,
        cv_timestamp(replace(usage_end_time, ' UTC', 'Z'))        as usage_end,
        cv_timestamp(replace(export_time, ' UTC', 'Z'))           as exported_at,
        coalesce(cv_json_text(project, '$.id'), project_id)       as project_code,
        coalesce(cv_json_text(project, '$.name'), project_name)   as project_title,
        cv_map_join(
            cv_json_pairs(labels, ''),
            cv_json_pairs(coalesce(cv_json_text(project, '$.labels'), project_labels), 'project:'),
            cv_json_pairs(system_labels, 'system:'),
            cv_json_pairs(tags, 'tag:')
        )                                                         as tags,
        coalesce(cv_json_text(location, '$.location'), location_location) as place,
        coalesce(cv_json_text(location, '$.region'), location_region) as region,
        coalesce(cv_json_text(location, '$.zone'), location_zone) as zone,
        coalesce(cv_json_text(resource, '$.name'), resource_name) as resource_label,
        coalesce(cv_json_text(resource, '$.global_name'), resource_global_name) as resource_path,
        coalesce(cv_json_text(price, '$.tier_start_amount'), price_tier_start_amount) as price_tier,
        coalesce(cv_json_text(subscription, '$.instance_id'), subscription_instance_id) as subscription_code,
        coalesce(cv_json_text(consumption_model, '$.description'), consumption_model_description) as price_model,
        transaction_type,
        seller_name,
        cv_decimal(currency_conversion_rate)                      as usd_rate,
        cv_decimal(cost)                                          as cost,
        cv_decimal(cost_at_list)                                  as list_cost,
        cv_decimal(cost_at_effective_price_default)               as default_cost,
        nullif(coalesce(cv_json_text(usage, '$.amount'), usage_amount), '') as used_text,
        coalesce(cv_json_text(usage, '$.unit'), usage_unit)       as delivered_unit,
        cv_decimal(coalesce(cv_json_text(usage, '$.amount_in_pricing_units'), usage_amount_in_pricing_units)) as priced_quantity,
        coalesce(cv_json_text(usage, '$.pricing_unit'), usage_pricing_unit) as priced_unit,
        coalesce(cv_json_text(adjustment_info, '$.id'), adjustment_info_id) as adjustment_code,
        coalesce(cv_json_text(adjustment_info, '$.description'), adjustment_info_description) as adjustment_text,
        coalesce(cv_json_text(adjustment_info, '$.mode'), adjustment_info_mode) as adjustment_mode,
        coalesce(cv_json_text(adjustment_info, '$.type'), adjustment_info_type) as adjustment_type,
        case when credits <> '[]' then credits end                as credits,
        case when cv_json_text(credits, '$[0].type') is null then 'name' else 'type' end as credit_member
    from bronze.gcp_billing_lines
    where billing_period >= $period_first
        and billing_period < $period_end
),

credited as (
    select
        *,
        -- A day of two terabytes is more byte-seconds than a decimal holds: such an amount is told in pricing units.
        coalesce(abs(cast(used_text as double)) >= 1e17, false)   as is_vast,
        cv_json_sum(credits, 'amount')                            as all_credits,
        -- Discounts reduce the row they stand on (FOCUS 1.2, Discount Handling); what is left is a means of payment.
        cv_json_sum_where(credits, 'amount', credit_member, '(?i)^(committed.us(e|age).discount|fee.utilization.offset|sustained.us(e|age).discount|discount$|spending.based.discount|free.tier|subscription.benefit|reseller.margin)') as discounts,
        cv_json_sum_where(credits, 'amount', credit_member, '(?i)^committed.us(e|age).discount') as commitment_credit,
        cv_json_sum_where(credits, 'amount', credit_member, '(?i)^committed.us(e|age).discount.*dollar') as spend_credit,
        cv_json_sum_where(credits, 'amount', credit_member, '(?i)^fee.utilization.offset') as offset_credit
    from flat
),

named as (
    select
        *,
        case when is_vast then priced_quantity else cv_decimal(used_text) end as used_quantity,
        case when is_vast then priced_unit else delivered_unit end as used_unit,
        coalesce(cost_type = 'regular' and (lower(sku_name) like 'commitment%' or offset_credit <> 0), false) as is_fee,
        -- The newer spend commitments charge usage at their own prices instead of giving a credit.
        coalesce(cost_type = 'regular' and default_cost <> cost and lower(coalesce(price_model, '')) <> 'default', false) as is_model_priced,
        cv_ratio(-commitment_credit, cost)                        as covered_ratio
    from credited
)

select
    billing_period, x_SourceFile, x_SourceRow, x_RawIngestionId, billing_account_id, currency, cost_type, service_code, service_name, sku_code, sku_name,
    usage_start, usage_end, exported_at, project_code, project_title, tags, place, region, zone, resource_label, resource_path, price_tier,
    subscription_code, transaction_type, seller_name, usd_rate, cost, list_cost, default_cost, used_quantity, used_unit, priced_quantity, priced_unit,
    adjustment_code, adjustment_text, adjustment_mode, adjustment_type, credits, credit_member, all_credits, discounts, offset_credit,
    is_fee,
    case
        when is_fee or cost_type <> 'regular' then 'none'
        when commitment_credit <> 0 and covered_ratio > 0 and covered_ratio < 1 then 'part'
        when commitment_credit <> 0 then 'whole'
        when is_model_priced then 'priced'
        else 'none'
    end                                                           as coverage,
    case when is_fee or cost_type <> 'regular' then cast(0 as decimal(38, 21)) else -commitment_credit end as covered_value,
    case when commitment_credit <> 0 and cost_type = 'regular' and not is_fee then cast(coalesce(covered_ratio, 0) as decimal(18, 9)) end as covered_share,
    -- The export does not say which commitment a credit comes from: all of one kind in one region, or all of money, count together.
    case
        when is_fee and (lower(sku_name) like '%dollar%' or offset_credit <> 0) then billing_account_id || '/spend'
        when not is_fee and (spend_credit <> 0 or is_model_priced) and spend_credit = commitment_credit then billing_account_id || '/spend'
        when is_fee or (commitment_credit <> 0 and cost_type = 'regular') then billing_account_id || '/' || coalesce(region, place, 'global') || '/' || case
            when cv_regexp_matches(lower(sku_name), '(^|[^a-z])ram([^a-z]|$)') then 'RAM'
            when cv_regexp_matches(lower(sku_name), '(^|[^a-z])v?(cpu|core)s?([^a-z]|$)') then 'CPU'
            when cv_regexp_matches(lower(sku_name), '(^|[^a-z])gpu') then 'GPU'
            when cv_regexp_matches(lower(sku_name), '(^|[^a-z])ssd') then 'SSD'
            else coalesce(service_name, sku_name, 'other')
        end
    end                                                           as commitment
from named
