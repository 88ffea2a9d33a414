-- What pods of OpenShift clusters used and asked for, one row per pod and hour.
-- Source: project-koku, OpenShift pod usage report; times as "2019-02-01 00:00:00 +0000 UTC", labels as label_k:v|label_k:v.
select
    billing_period,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    raw_ingestion_id                                              as x_RawIngestionId,
    cv_timestamp(replace(interval_start, ' +0000 UTC', 'Z'))      as interval_start,
    nullif(namespace, '')                                         as namespace,
    nullif(pod, '')                                               as pod,
    nullif(node, '')                                              as node,
    nullif(resource_id, '')                                       as resource_id,
    cv_map_strip_key_prefix(cv_pairs_map(pod_labels), 'label_')   as labels,
    cv_decimal(pod_usage_cpu_core_seconds)                        as cpu_used,
    cv_decimal(pod_request_cpu_core_seconds)                      as cpu_requested,
    cv_decimal(pod_limit_cpu_core_seconds)                        as cpu_limit,
    cv_decimal(node_capacity_cpu_core_seconds)                    as cpu_of_node,
    cv_decimal(pod_usage_memory_byte_seconds)                     as memory_used,
    cv_decimal(pod_request_memory_byte_seconds)                   as memory_requested,
    cv_decimal(pod_limit_memory_byte_seconds)                     as memory_limit,
    cv_decimal(node_capacity_memory_byte_seconds)                 as memory_of_node
from bronze.openshift_pod_usage
where billing_period >= $period_first
    and billing_period < $period_end
