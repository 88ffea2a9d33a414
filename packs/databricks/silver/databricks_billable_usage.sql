-- The legacy billable usage report, one row per workspace, cluster or warehouse, SKU and hour. It has no money: the list price of its SKU is put
-- beside it where the price list knows it. It does not join FOCUS: system.billing.usage has the same usage.
with prices as (
    select * from silver.databricks_prices
    where price_kind = 'list' and usage_unit = 'DBU' and currency_code = $currency and cloud = $legacy_cloud
),

hours as (
    select
        *,
        date_trunc('hour', cv_timestamp(hour_end))                         as hour_start,
        cv_decimal(dbus)                                                   as quantity
    from bronze.databricks_billable_usage
    where billing_period >= $period_first
        and billing_period < $period_end
)

select
    billing_period,
    workspace_id,
    hour_start                                                             as usage_hour_start,
    cluster_id                                                             as resource_id,
    cluster_name                                                           as resource_name,
    cluster_node_type                                                      as node_type,
    case when cv_contains(sku, 'SQL') then 'warehouse' else 'cluster' end  as attributed_to,
    case
        when cluster_id is null then 'unattributed'
        when cv_contains(sku, 'ALL_PURPOSE') or cv_contains(sku, 'DATA_ANALYTICS') then 'shared'
        else 'exact'
    end                                                                    as attribution_quality,
    cv_keyed_hash(coalesce(cluster_owner_user_name, cluster_owner_user_id)) as owner_masked,
    cluster_custom_tags                                                    as tags,
    sku                                                                    as sku_name,
    quantity                                                               as usage_quantity,
    cv_decimal(machine_hours)                                              as machine_hours,
    p.default_price                                                        as list_unit_price,
    cv_cost(quantity, p.default_price)                                     as list_cost,
    case when p.default_price is not null then $currency end               as currency,
    source_file_name                                                       as x_SourceFile,
    source_row_number                                                      as x_SourceRow,
    raw_ingestion_id                                                       as x_RawIngestionId
from hours
left join prices as p
    on p.sku_name = sku
    and p.valid_from <= hour_start
    and (p.valid_to is null or p.valid_to > hour_start)
