-- What a cluster consists of and costs, as OpenCost sees it, one row per asset and answer. The other side of the allocations, and no bill either.
-- Source: OpenCost, API reference, /assets.
select
    billing_period,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    raw_ingestion_id                                              as x_RawIngestionId,
    name                                                          as asset_key,
    cv_json_text(properties, '$.name')                            as asset_name,
    type                                                          as asset_type,
    cv_json_text(properties, '$.category')                        as category,
    cv_json_text(properties, '$.provider')                        as provider,
    cv_json_text(properties, '$.project')                         as project,
    cv_json_text(properties, '$.cluster')                         as cluster,
    cv_json_text(properties, '$.providerID')                      as provider_id,
    node_type,
    storage_class,
    claim_namespace,
    claim_name,
    cv_from_json_map(labels)                                      as labels,
    cv_timestamp(cv_json_text(asked_window, '$.start'))           as window_start,
    cv_timestamp(cv_json_text(asked_window, '$.end'))             as window_end,
    cv_timestamp(seen_start)                                      as seen_start,
    cv_timestamp(seen_end)                                        as seen_end,
    $opencost_currency                                            as currency,
    cv_decimal(total_cost)                                        as total_cost,
    cv_decimal(cpu_cost)                                          as cpu_cost,
    cv_decimal(gpu_cost)                                          as gpu_cost,
    cv_decimal(ram_cost)                                          as ram_cost,
    cv_decimal(adjustment)                                        as adjustment,
    cv_decimal(discount)                                          as discount,
    cv_decimal(cpu_core_hours)                                    as cpu_core_hours,
    cv_decimal(ram_byte_hours)                                    as ram_byte_hours,
    cv_decimal(byte_hours)                                        as byte_hours,
    cv_decimal(byte_hours_used)                                   as byte_hours_used
from bronze.opencost_assets
where billing_period >= $period_first
    and billing_period < $period_end
