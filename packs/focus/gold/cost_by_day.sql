-- Cost of a day by service, account, region and kind of charge, over all providers. One row per combination that has charges.
-- A charge belongs to the day on which its period starts; taxes and fees of a whole month stand on its first day.
select
    billing_period,
    cast(ChargePeriodStart as date) as charge_date,
    x_Provider,
    BillingAccountId,
    SubAccountId,
    max(SubAccountName)        as SubAccountName,
    ServiceCategory,
    ServiceName,
    RegionId,
    ChargeCategory,
    BillingCurrency,
    sum(BilledCost)            as BilledCost,
    sum(EffectiveCost)         as EffectiveCost,
    sum(ListCost)              as ListCost,
    sum(ContractedCost)        as ContractedCost,
    count(*)                   as charge_count
from silver.focus_cost_and_usage
where billing_period >= $period_first
    and billing_period < $period_end
group by
    billing_period, cast(ChargePeriodStart as date), x_Provider, BillingAccountId, SubAccountId, ServiceCategory, ServiceName, RegionId, ChargeCategory,
    BillingCurrency
