-- What each workload of a cluster is shown to cost, one row per day, cluster, namespace and controller. Idle and unallocated capacity stand in rows of
-- their own, with their kind in place of a namespace. A row belongs to the day on which its time begins.
select
    billing_period,
    cast(ChargePeriodStart as date)               as charge_date,
    x_Provider,
    x_Cluster                                     as cluster,
    coalesce(x_Namespace, case when x_AllocationKind <> 'workload' then '__' || x_AllocationKind || '__' end) as namespace,
    x_ControllerKind                              as controller_kind,
    x_Controller                                  as controller,
    x_AllocationKind                              as allocation_kind,
    BillingCurrency                               as currency,
    sum(x_AllocatedCost)                          as allocated_cost,
    sum(x_CpuCost)                                as cpu_cost,
    sum(x_GpuCost)                                as gpu_cost,
    sum(x_RamCost)                                as ram_cost,
    sum(x_StorageCost)                            as storage_cost,
    sum(x_NetworkCost)                            as network_cost,
    sum(x_SharedCost)                             as shared_cost,
    sum(x_ExternalCost)                           as external_cost,
    sum(x_CpuCoreHours)                           as cpu_core_hours,
    sum(x_RamByteHours)                           as ram_byte_hours,
    count(*)                                      as share_count
from silver.focus_cost_allocation
where billing_period >= $period_first
    and billing_period < $period_end
group by
    billing_period, cast(ChargePeriodStart as date), x_Provider, x_Cluster,
    coalesce(x_Namespace, case when x_AllocationKind <> 'workload' then '__' || x_AllocationKind || '__' end),
    x_ControllerKind, x_Controller, x_AllocationKind, BillingCurrency
