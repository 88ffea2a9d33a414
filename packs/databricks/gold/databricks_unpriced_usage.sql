-- Usage whose SKU has no price, by SKU: it costs 0 in every table, and stands here so that this is no secret. One row per month, SKU, cloud and unit.
with skus as (
    select
        sku_name,
        max(case when currency_code = $currency then cloud || ':' || usage_unit end) as in_currency
    from silver.databricks_prices
    group by sku_name
),

same_kind as (
    select distinct sku_name, cloud, usage_unit from silver.databricks_prices where currency_code = $currency
)

select
    u.billing_period,
    u.SkuId                                                                as sku_name,
    u.x_Cloud                                                              as cloud,
    u.x_UsageUnit                                                          as usage_unit,
    case
        when s.sku_name is null then 'sku_not_in_price_list'
        when k.sku_name is not null then 'no_price_at_that_time'
        when s.in_currency is null then 'other_currency'
        else 'other_cloud_or_unit'
    end                                                                    as reason,
    sum(u.PricingQuantity)                                                 as usage_quantity,
    cast(count(*) as bigint)                                               as record_count,
    min(u.ChargePeriodStart)                                               as first_used,
    max(u.ChargePeriodEnd)                                                 as last_used
from silver.databricks_cost_and_usage as u
left join skus as s on s.sku_name = u.SkuId
left join same_kind as k on k.sku_name = u.SkuId and k.cloud = u.x_Cloud and k.usage_unit = u.x_UsageUnit
where u.billing_period >= $period_first
    and u.billing_period < $period_end
    and u.x_PriceSource = 'none'
group by u.billing_period, u.SkuId, u.x_Cloud, u.x_UsageUnit, s.sku_name, k.sku_name, s.in_currency
