-- What volume claims of OpenShift clusters hold, one row per claim and hour.
-- Source: project-koku, OpenShift storage usage report.
select
    billing_period,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    raw_ingestion_id                                              as x_RawIngestionId,
    cv_timestamp(replace(interval_start, ' +0000 UTC', 'Z'))      as interval_start,
    nullif(namespace, '')                                         as namespace,
    nullif(pod, '')                                               as pod,
    persistentvolumeclaim                                         as claim,
    persistentvolume                                              as volume,
    storageclass                                                  as storage_class,
    cv_map_strip_key_prefix(cv_pairs_map(persistentvolume_labels), 'label_')      as volume_labels,
    cv_map_strip_key_prefix(cv_pairs_map(persistentvolumeclaim_labels), 'label_') as claim_labels,
    cv_decimal(persistentvolumeclaim_usage_byte_seconds)          as storage_used,
    cv_decimal(volume_request_storage_byte_seconds)               as storage_requested,
    cv_decimal(persistentvolumeclaim_capacity_byte_seconds)       as storage_capacity
from bronze.openshift_storage_usage
where billing_period >= $period_first
    and billing_period < $period_end
