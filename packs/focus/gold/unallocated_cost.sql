-- Cost that nobody answers for: charges without the tag that names who pays (parameter allocation_tag). One row per reason, account and service.
with charges as (
    select
        billing_period, x_Provider, BillingAccountId, SubAccountId, SubAccountName, ServiceName, BillingCurrency, BilledCost, EffectiveCost,
        case
            when ChargeCategory = 'Tax' then 'tax'
            when ChargeCategory = 'Credit' then 'credit'
            when ChargeCategory = 'Adjustment' then 'adjustment'
            when CommitmentDiscountStatus = 'Unused' then 'unused_commitment'
            when ChargeCategory = 'Purchase' then 'purchase'
            when ResourceId is null then 'no_resource'
            else 'no_tag'
        end as reason
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and coalesce(cv_map_get(Tags, $allocation_tag), '') = ''
)

select
    billing_period,
    x_Provider,
    BillingAccountId,
    SubAccountId,
    max(SubAccountName)   as SubAccountName,
    ServiceName,
    BillingCurrency,
    reason,
    sum(BilledCost)       as BilledCost,
    sum(EffectiveCost)    as EffectiveCost,
    count(*)              as charge_count
from charges
group by billing_period, x_Provider, BillingAccountId, SubAccountId, ServiceName, BillingCurrency, reason
