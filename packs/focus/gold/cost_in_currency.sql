-- Cost of a day in the billing currency, in USD and in the tenant's own, with the rates. One row per combination that has charges.
-- Each charge is converted on its own and rounded once; a sum here is the sum of converted charges. A charge that starts outside its billing period takes
-- the rate of the nearest day in it.
with charges as (
    select
        billing_period, x_Provider, BillingAccountId, SubAccountId, SubAccountName, ServiceCategory, ServiceName, RegionId, ChargeCategory, BillingCurrency,
        BilledCost, EffectiveCost,
        cast(ChargePeriodStart as date) as charge_date,
        greatest($period_first, least(cast(ChargePeriodStart as date), cv_add_days($period_end, -1))) as rate_day
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
),

rates as (
    select * from silver.focus_rates
    where billing_period >= $period_first
        and billing_period < $period_end
)

select
    c.billing_period,
    c.charge_date,
    c.x_Provider,
    c.BillingAccountId,
    c.SubAccountId,
    max(c.SubAccountName)                                      as SubAccountName,
    c.ServiceCategory,
    c.ServiceName,
    c.RegionId,
    c.ChargeCategory,
    c.BillingCurrency,
    sum(c.BilledCost)                                          as BilledCost,
    sum(c.EffectiveCost)                                       as EffectiveCost,
    sum(cv_convert(c.BilledCost, r.usd_rate))                  as x_BilledCostInUsd,
    sum(cv_convert(c.EffectiveCost, r.usd_rate))               as x_EffectiveCostInUsd,
    max(r.usd_rate)                                            as x_UsdRate,
    max(r.usd_rate_date)                                       as x_UsdRateDate,
    $tenant_currency                                           as x_TenantCurrency,
    sum(cv_convert(c.BilledCost, r.tenant_rate))               as x_BilledCostInTenantCurrency,
    sum(cv_convert(c.EffectiveCost, r.tenant_rate))            as x_EffectiveCostInTenantCurrency,
    max(r.tenant_rate)                                         as x_TenantCurrencyRate,
    max(r.tenant_rate_date)                                    as x_TenantCurrencyRateDate,
    count(*)                                                   as charge_count
from charges as c
left join rates as r on r.charge_date = c.rate_day and r.currency = c.BillingCurrency
group by
    c.billing_period, c.charge_date, c.x_Provider, c.BillingAccountId, c.SubAccountId, c.ServiceCategory, c.ServiceName, c.RegionId, c.ChargeCategory,
    c.BillingCurrency
