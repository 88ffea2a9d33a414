-- Rows of OpenCost's CSV export as shares of cost, one row per day and container.
-- Source: OpenCost, "CSV Export": one line per allocation of a full day; TotalCost holds more than the parts listed.
with rows_of_days as (
    select
        *,
        coalesce(nullif(Name, ''), concat_ws('/', nullif(Namespace, ''), nullif(Pod, ''), nullif(Container, ''))) as full_name
    from bronze.opencost_export_rows
    where billing_period >= $period_first
        and billing_period < $period_end
)

select
    ---------- keys
    billing_period,
    'OpenCost'                                                    as x_Provider,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    'share'                                                       as x_RowPart,
    raw_ingestion_id                                              as x_RawIngestionId,
    cv_day_start(cv_date("Date"))                                 as ChargePeriodStart,
    cv_day_start(cv_add_days(cv_date("Date"), 1))                 as ChargePeriodEnd,

    ---------- whose
    'opencost'                                                    as AllocatedMethodId,
    coalesce(nullif(full_name, ''), '__unallocated__')            as AllocatedResourceId,
    coalesce(nullif(Container, ''), nullif(Pod, ''), nullif(ControllerName, ''), nullif(Namespace, ''), nullif(full_name, '')) as AllocatedResourceName,
    Labels                                                        as AllocatedTags,
    case
        when coalesce(full_name, '') = '' or cv_contains(full_name, '__unallocated__') then 'unallocated'
        when cv_contains(full_name, '__idle__') then 'idle'
        when cv_contains(full_name, '__unmounted__') then 'unmounted'
        else 'workload'
    end                                                           as x_AllocationKind,
    nullif(Namespace, '')                                         as x_Namespace,
    nullif(ControllerKind, '')                                    as x_ControllerKind,
    nullif(ControllerName, '')                                    as x_Controller,
    nullif(Pod, '')                                               as x_Pod,
    nullif(Container, '')                                         as x_Container,

    ---------- cost
    $opencost_currency                                            as BillingCurrency,
    cv_decimal(TotalCost)                                         as x_AllocatedCost,
    coalesce(cv_decimal(CPUCost), 0)                              as x_CpuCost,
    coalesce(cv_decimal(GPUCost), 0)                              as x_GpuCost,
    coalesce(cv_decimal(RAMCost), 0)                              as x_RamCost,
    coalesce(cv_decimal(PVCost), 0)                               as x_StorageCost,
    coalesce(cv_decimal(NetworkCost), 0)                          as x_NetworkCost
from rows_of_days
