-- OpenCost allocations as shares of cost, one row per window and name; idle and unallocated capacity are rows like the others.
-- Source: OpenCost, API reference, /allocation: totalCost is the sum of the parts and their adjustments.
select
    ---------- keys
    billing_period,
    'OpenCost'                                                    as x_Provider,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    'share'                                                       as x_RowPart,
    raw_ingestion_id                                              as x_RawIngestionId,
    cv_timestamp(cv_json_text(asked_window, '$.start'))           as x_WindowStart,
    cv_timestamp(cv_json_text(asked_window, '$.end'))             as x_WindowEnd,
    cv_timestamp(seen_start)                                      as ChargePeriodStart,
    cv_timestamp(seen_end)                                        as ChargePeriodEnd,

    ---------- whose
    cv_json_text(properties, '$.providerID')                      as ResourceId,
    'opencost'                                                    as AllocatedMethodId,
    name                                                          as AllocatedResourceId,
    coalesce(cv_json_text(properties, '$.container'), cv_json_text(properties, '$.pod'), cv_json_text(properties, '$.controller'),
        cv_json_text(properties, '$.namespace'), name)            as AllocatedResourceName,
    cv_from_json_map(coalesce(cv_json_text(properties, '$.labels'), cv_json_text(properties, '$.namespaceLabels'))) as AllocatedTags,
    case
        when cv_contains(name, '__idle__') then 'idle'
        when cv_contains(name, '__unallocated__') then 'unallocated'
        when cv_contains(name, '__unmounted__') then 'unmounted'
        else 'workload'
    end                                                           as x_AllocationKind,
    cv_json_text(properties, '$.cluster')                         as x_Cluster,
    cv_json_text(properties, '$.namespace')                       as x_Namespace,
    cv_json_text(properties, '$.controllerKind')                  as x_ControllerKind,
    cv_json_text(properties, '$.controller')                      as x_Controller,
    cv_json_text(properties, '$.pod')                             as x_Pod,
    cv_json_text(properties, '$.container')                       as x_Container,
    cv_json_text(properties, '$.node')                            as x_Node,

    ---------- cost, each part with its adjustment
    $opencost_currency                                            as BillingCurrency,
    cv_decimal(total_cost)                                        as x_AllocatedCost,
    coalesce(cv_decimal(cpu_cost), 0) + coalesce(cv_decimal(cpu_cost_adjustment), 0)         as x_CpuCost,
    coalesce(cv_decimal(gpu_cost), 0) + coalesce(cv_decimal(gpu_cost_adjustment), 0)         as x_GpuCost,
    coalesce(cv_decimal(ram_cost), 0) + coalesce(cv_decimal(ram_cost_adjustment), 0)         as x_RamCost,
    coalesce(cv_decimal(pv_cost), 0) + coalesce(cv_decimal(pv_cost_adjustment), 0)           as x_StorageCost,
    coalesce(cv_decimal(network_cost), 0) + coalesce(cv_decimal(network_cost_adjustment), 0)
        + coalesce(cv_decimal(load_balancer_cost), 0) + coalesce(cv_decimal(load_balancer_cost_adjustment), 0) as x_NetworkCost,
    coalesce(cv_decimal(shared_cost), 0)                          as x_SharedCost,
    coalesce(cv_decimal(external_cost), 0)                        as x_ExternalCost,
    cv_decimal(cpu_core_hours)                                    as x_CpuCoreHours,
    cv_decimal(ram_byte_hours)                                    as x_RamByteHours
from bronze.opencost_allocations
where billing_period >= $period_first
    and billing_period < $period_end
