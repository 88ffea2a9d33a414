-- Cost by virtual tag as it is without any: one tag that no charge has. A tenant's rules are written out in its place (docs/guides/allocation.md).
select
    billing_period,
    'none'                  as tag,
    1                       as tag_number,
    cast(null as varchar)   as tag_value,
    x_Provider,
    ServiceName,
    BillingCurrency,
    sum(BilledCost)         as BilledCost,
    sum(EffectiveCost)      as EffectiveCost,
    count(*)                as charge_count
from silver.focus_cost_and_usage
where billing_period >= $period_first
    and billing_period < $period_end
group by billing_period, x_Provider, ServiceName, BillingCurrency
