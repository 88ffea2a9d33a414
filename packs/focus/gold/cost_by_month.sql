-- Cost of a month by service, account, region and kind of charge. One row per combination that has charges.
select
    billing_period,
    x_Provider,
    BillingAccountId,
    SubAccountId,
    max(SubAccountName)                   as SubAccountName,
    ServiceCategory,
    ServiceName,
    RegionId,
    ChargeCategory,
    BillingCurrency,
    sum(BilledCost)                       as BilledCost,
    sum(EffectiveCost)                    as EffectiveCost,
    sum(ListCost)                         as ListCost,
    sum(ContractedCost)                   as ContractedCost,
    cast(sum(charge_count) as bigint)     as charge_count
from gold.cost_by_day
where billing_period >= $period_first
    and billing_period < $period_end
group by billing_period, x_Provider, BillingAccountId, SubAccountId, ServiceCategory, ServiceName, RegionId, ChargeCategory, BillingCurrency
