-- What each cluster, job, warehouse, pipeline and endpoint cost in a month, whoever bills it. One row per resource, workspace, product and unit.
select
    billing_period,
    BillingAccountId,
    SubAccountId,
    x_Cloud,
    x_BilledBy,
    ServiceName,
    x_AttributedTo,
    x_AttributionQuality,
    ResourceId,
    max(ResourceName)                                                      as ResourceName,
    x_UsageUnit,
    BillingCurrency,
    sum(PricingQuantity)                                                   as usage_quantity,
    sum(x_ListCost)                                                        as x_ListCost,
    sum(x_Cost)                                                            as x_Cost,
    sum(BilledCost)                                                        as BilledCost,
    sum(EffectiveCost)                                                     as EffectiveCost,
    cast(count(*) as bigint)                                               as record_count,
    cast(sum(case when x_RecordType <> 'ORIGINAL' then 1 else 0 end) as bigint) as correction_count,
    cast(sum(case when x_PriceSource = 'none' then 1 else 0 end) as bigint) as unpriced_count
from silver.databricks_cost_and_usage
where billing_period >= $period_first
    and billing_period < $period_end
group by billing_period, BillingAccountId, SubAccountId, x_Cloud, x_BilledBy, ServiceName, x_AttributedTo, x_AttributionQuality, ResourceId,
    x_UsageUnit, BillingCurrency
