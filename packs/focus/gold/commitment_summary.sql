-- What each commitment discount cost in a month and what came of it. One row per commitment, month and currency.
-- utilisation: used of used and unused. coverage: what it covered, of all usage that month of the services it touched, both at contracted price.
with commitments as (
    select
        billing_period, x_Provider, CommitmentDiscountId, BillingCurrency,
        max(BillingAccountId)           as BillingAccountId,
        max(CommitmentDiscountName)     as CommitmentDiscountName,
        max(CommitmentDiscountType)     as CommitmentDiscountType,
        max(CommitmentDiscountCategory) as CommitmentDiscountCategory,
        sum(case when ChargeCategory = 'Purchase' then BilledCost else 0 end)                     as purchased_cost,
        sum(case when CommitmentDiscountStatus = 'Used' then EffectiveCost else 0 end)            as used_cost,
        sum(case when CommitmentDiscountStatus = 'Unused' then EffectiveCost else 0 end)          as unused_cost,
        sum(case when CommitmentDiscountStatus = 'Used' then ContractedCost else 0 end)           as covered_cost,
        sum(case when CommitmentDiscountStatus = 'Used' then ListCost else 0 end)                 as covered_list_cost,
        sum(EffectiveCost)                                                                        as effective_cost
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and CommitmentDiscountId is not null
    group by billing_period, x_Provider, CommitmentDiscountId, BillingCurrency
),

touched as (
    select distinct billing_period, x_Provider, CommitmentDiscountId, BillingCurrency, ServiceName
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and CommitmentDiscountStatus = 'Used'
),

usage_of_services as (
    select billing_period, x_Provider, BillingCurrency, ServiceName, sum(ContractedCost) as usage_cost
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and ChargeCategory = 'Usage'
        and coalesce(CommitmentDiscountStatus, 'Used') = 'Used'
        and PricingCategory in ('Standard', 'Committed')
    group by billing_period, x_Provider, BillingCurrency, ServiceName
),

eligible as (
    select t.billing_period, t.x_Provider, t.CommitmentDiscountId, t.BillingCurrency, sum(u.usage_cost) as eligible_cost
    from touched as t
    join usage_of_services as u
        on u.billing_period = t.billing_period and u.x_Provider = t.x_Provider and u.BillingCurrency = t.BillingCurrency
        and u.ServiceName = t.ServiceName
    group by t.billing_period, t.x_Provider, t.CommitmentDiscountId, t.BillingCurrency
)

select
    c.billing_period,
    c.x_Provider,
    c.CommitmentDiscountId,
    c.BillingCurrency,
    c.BillingAccountId,
    c.CommitmentDiscountName,
    c.CommitmentDiscountType,
    c.CommitmentDiscountCategory,
    c.purchased_cost,
    c.used_cost,
    c.unused_cost,
    c.effective_cost,
    c.covered_cost,
    c.covered_list_cost,
    coalesce(e.eligible_cost, 0)                                                                     as eligible_cost,
    c.covered_cost - c.used_cost - c.unused_cost                                                     as saved_cost,
    cv_ratio(c.used_cost, c.used_cost + c.unused_cost)                                               as utilisation_ratio,
    cv_ratio(c.covered_cost, e.eligible_cost)                                                        as coverage_ratio
from commitments as c
left join eligible as e
    on e.billing_period = c.billing_period and e.x_Provider = c.x_Provider and e.CommitmentDiscountId = c.CommitmentDiscountId
    and e.BillingCurrency = c.BillingCurrency
