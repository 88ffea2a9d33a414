-- Cost by cost centre as it is without any rule: nobody's. A tenant's rules are written out in its place (docs/guides/allocation.md).
select
    billing_period,
    BillingCurrency,
    'unallocated'                   as cost_centre,
    'unallocated'                   as level_1,
    cast(null as varchar)           as level_2,
    cast(null as varchar)           as level_3,
    cast(null as varchar)           as level_4,
    cast(null as varchar)           as level_5,
    'direct'                        as entry,
    cast(null as varchar)           as rule,
    0                               as step,
    x_Provider,
    BillingAccountId,
    SubAccountId,
    ServiceName,
    ChargeCategory,
    sum(BilledCost)                 as BilledCost,
    sum(EffectiveCost)              as EffectiveCost,
    cast(null as decimal(38,21))    as weight,
    cast(null as decimal(38,21))    as weight_total,
    count(*)                        as charge_count
from silver.focus_cost_and_usage
where billing_period >= $period_first
    and billing_period < $period_end
group by billing_period, BillingCurrency, x_Provider, BillingAccountId, SubAccountId, ServiceName, ChargeCategory
