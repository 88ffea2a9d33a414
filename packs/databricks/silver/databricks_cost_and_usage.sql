-- Databricks usage records in FOCUS columns, one row per record: quantity times the price that was valid when the usage began.
-- Retractions and restatements are records like any other: the sum of all is what was used. Sources: FOCUS 1.2, sections BilledCost,
-- ChargeClass, PricingCurrency; Databricks, "Billable usage system table reference" and "Pricing system table reference". README.md of
-- this pack says how each kind of record is treated.
with products as (
    select * from (values
        ('JOBS', 'Analytics', 'Data Processing'),
        ('DLT', 'Analytics', 'Data Processing'),
        ('LAKEFLOW_CONNECT', 'Analytics', 'Data Processing'),
        ('ALL_PURPOSE', 'Analytics', 'Analytics Platforms'),
        ('INTERACTIVE', 'Analytics', 'Analytics Platforms'),
        ('NOTEBOOKS', 'Analytics', 'Analytics Platforms'),
        ('SHARED_SERVERLESS_COMPUTE', 'Analytics', 'Analytics Platforms'),
        ('BASE_ENVIRONMENTS', 'Analytics', 'Analytics Platforms'),
        ('CLEAN_ROOM', 'Analytics', 'Other (Analytics)'),
        ('DATA_SHARING', 'Analytics', 'Other (Analytics)'),
        ('GENIE', 'Analytics', 'Business Intelligence'),
        ('VECTOR_SEARCH', 'Analytics', 'Search'),
        ('SQL', 'Databases', 'Data Warehouses'),
        ('DATABASE', 'Databases', 'Relational Databases'),
        ('ONLINE_TABLES', 'Databases', 'NoSQL Databases'),
        ('MODEL_SERVING', 'AI and Machine Learning', 'Machine Learning'),
        ('AI_RUNTIME', 'AI and Machine Learning', 'Machine Learning'),
        ('FOUNDATION_MODEL_TRAINING', 'AI and Machine Learning', 'Generative AI'),
        ('AI_GATEWAY', 'AI and Machine Learning', 'Generative AI'),
        ('AI_FUNCTIONS', 'AI and Machine Learning', 'Generative AI'),
        ('AGENT_EVALUATION', 'AI and Machine Learning', 'Generative AI'),
        ('AGENT_BRICKS', 'AI and Machine Learning', 'Generative AI'),
        ('PREDICTIVE_OPTIMIZATION', 'Management and Governance', 'Other (Management and Governance)'),
        ('LAKEHOUSE_MONITORING', 'Management and Governance', 'Observability'),
        ('DATA_QUALITY_MONITORING', 'Management and Governance', 'Observability'),
        ('DATA_CLASSIFICATION', 'Management and Governance', 'Data Governance'),
        ('FINE_GRAINED_ACCESS_CONTROL', 'Management and Governance', 'Data Governance'),
        ('APPS', 'Web', 'Application Platforms'),
        ('NETWORKING', 'Networking', 'Network Connectivity'),
        ('DEFAULT_STORAGE', 'Storage', 'Object Storage')
    ) as t (product, service_category, service_subcategory)
),

clouds as (
    select * from (values
        ('AWS', 'Amazon Web Services', 'Amazon Web Services, Inc.'),
        ('AZURE', 'Microsoft Azure', 'Microsoft Corporation'),
        ('GCP', 'Google Cloud', 'Google LLC')
    ) as t (cloud_code, host_name, issuer_name)
),

units as (
    select * from (values
        ('HOUR', 'Hours'),
        ('HOURS', 'Hours'),
        ('GB_HOUR', 'GB-Hours'),
        ('GB_MONTH', 'GB-Months'),
        ('TOKEN', 'Tokens'),
        ('TOKENS', 'Tokens'),
        ('BYTE', 'Bytes'),
        ('BYTES', 'Bytes')
    ) as t (delivered_unit, focus_unit)
),

prices as (
    select * from silver.databricks_prices where currency_code = $currency
),

records as (
    select
        *,
        cv_from_json_map(usage_metadata)                                   as metadata,
        cv_decimal(usage_quantity)                                         as quantity,
        cv_timestamp(usage_start_time)                                     as started,
        cv_timestamp(usage_end_time)                                       as ended,
        cv_json_text(product_features, '$.is_serverless')                  as is_serverless,
        cv_json_text(product_features, '$.is_photon')                      as is_photon
    from bronze.databricks_usage
    where billing_period >= $period_first
        and billing_period < $period_end
),

named as (
    select
        *,
        cv_map_get(metadata, 'warehouse_id')                               as warehouse_id,
        cv_map_get(metadata, 'job_id')                                     as job_id,
        cv_map_get(metadata, 'job_run_id')                                 as job_run_id,
        cv_map_get(metadata, 'job_name')                                   as job_name,
        cv_map_get(metadata, 'dlt_pipeline_id')                            as pipeline_id,
        coalesce(cv_map_get(metadata, 'endpoint_id'), cv_map_get(metadata, 'endpoint_name')) as endpoint_id,
        cv_map_get(metadata, 'endpoint_name')                              as endpoint_name,
        cv_map_get(metadata, 'app_id')                                     as app_id,
        cv_map_get(metadata, 'app_name')                                   as app_name,
        cv_map_get(metadata, 'database_instance_id')                       as database_id,
        cv_map_get(metadata, 'cluster_id')                                 as cluster_id,
        cv_map_get(metadata, 'notebook_id')                                as notebook_id,
        cv_map_get(metadata, 'instance_pool_id')                           as instance_pool_id,
        cv_map_get(metadata, 'node_type')                                  as node_type,
        cv_map_get(metadata, 'budget_policy_id')                           as budget_policy_id,
        -- A classic all-purpose cluster serves whoever is attached; its record names the cluster and cannot say who used how much.
        coalesce(is_serverless, 'false') <> 'true'
            and (billing_origin_product in ('ALL_PURPOSE', 'INTERACTIVE')
                or (cv_contains(sku_name, 'ALL_PURPOSE') and not cv_contains(sku_name, 'SERVERLESS'))) as is_shared
    from records
),

attributed as (
    select
        *,
        case
            when is_shared and cluster_id is not null then 'cluster'
            when warehouse_id is not null then 'warehouse'
            when job_id is not null then 'job'
            when pipeline_id is not null then 'pipeline'
            when endpoint_id is not null then 'endpoint'
            when app_id is not null then 'app'
            when database_id is not null then 'database'
            when cluster_id is not null then 'cluster'
            when notebook_id is not null then 'notebook'
        end                                                                as attributed_to
    from named
),

-- At most one price of a kind fits: silver.databricks_prices has no overlaps.
priced as (
    select
        u.*,
        l.default_price                                                    as list_price,
        coalesce(a.effective_price, l.effective_price)                     as agreed_price,
        case when a.sku_name is not null then 'account' when l.sku_name is not null then 'list' else 'none' end as price_source,
        coalesce(a.valid_from, l.valid_from)                               as price_valid_from,
        cv_contains('|' || upper($cloud_billed) || '|', '|' || u.cloud || '|') as is_billed_by_cloud
    from attributed as u
    left join prices as l
        on l.price_kind = 'list'
        and l.sku_name = u.sku_name
        and l.cloud = u.cloud
        and l.usage_unit = u.usage_unit
        and l.valid_from <= u.started
        and (l.valid_to is null or l.valid_to > u.started)
    left join prices as a
        on a.price_kind = 'account'
        and a.account_id = u.account_id
        and a.sku_name = u.sku_name
        and a.cloud = u.cloud
        and a.usage_unit = u.usage_unit
        and a.valid_from <= u.started
        and (a.valid_to is null or a.valid_to > u.started)
),

costed as (
    select
        *,
        coalesce(list_price, agreed_price, 0)                              as unit_list,
        coalesce(agreed_price, 0)                                          as unit_agreed,
        cv_cost(quantity, coalesce(list_price, agreed_price, 0))           as cost_at_list,
        cv_cost(quantity, coalesce(agreed_price, 0))                       as cost_agreed
    from priced
),

-- What the cloud bills stands in the cloud's own bill: here it costs nothing, in every FOCUS cost column.
charged as (
    select
        *,
        case when is_billed_by_cloud then cast(0 as decimal(38, 21)) else cost_agreed end as charge,
        case when is_billed_by_cloud then cast(0 as decimal(38, 21)) else cost_at_list end as charge_at_list,
        case when is_billed_by_cloud then cast(0 as decimal(38, 21)) else cv_money(unit_agreed) end as charge_price,
        case when is_billed_by_cloud then cast(0 as decimal(38, 21)) else cv_money(unit_list) end as charge_list_price
    from costed
)

select
    ---------- keys
    billing_period,
    'Databricks'                                                           as x_Provider,
    source_file_name                                                       as x_SourceFile,
    source_row_number                                                      as x_SourceRow,
    'charge'                                                               as x_RowPart,
    raw_ingestion_id                                                       as x_RawIngestionId,
    coalesce(record_id, source_file_name || ':' || cast(source_row_number as varchar)) as x_RecordId,
    record_type                                                            as x_RecordType,

    ---------- money, in BillingCurrency
    charge                                                                 as BilledCost,
    charge                                                                 as EffectiveCost,
    charge_at_list                                                         as ListCost,
    charge                                                                 as ContractedCost,
    $currency                                                              as BillingCurrency,
    cost_at_list                                                           as x_ListCost,
    cost_agreed                                                            as x_Cost,

    ---------- prices
    charge_list_price                                                      as ListUnitPrice,
    charge_price                                                           as ContractedUnitPrice,
    -- A DBU is what is counted, not what is paid with: prices are money per DBU, in the currency of the price list.
    $currency                                                              as PricingCurrency,
    charge_list_price                                                      as PricingCurrencyListUnitPrice,
    charge_price                                                           as PricingCurrencyContractedUnitPrice,
    charge                                                                 as PricingCurrencyEffectiveCost,
    quantity                                                               as PricingQuantity,
    coalesce(n.focus_unit, usage_unit)                                     as PricingUnit,
    'Standard'                                                             as PricingCategory,
    quantity                                                               as ConsumedQuantity,
    coalesce(n.focus_unit, usage_unit)                                     as ConsumedUnit,
    price_source                                                           as x_PriceSource,
    cv_money(unit_list)                                                    as x_ListUnitPrice,
    cv_money(unit_agreed)                                                  as x_UnitPrice,
    usage_unit                                                             as x_UsageUnit,

    ---------- what it is
    'Usage'                                                                as ChargeCategory,
    -- Databricks names no invoices: a correction that arrives when the month has been invoiced corrects that invoice.
    case
        when record_type in ('RETRACTION', 'RESTATEMENT')
            and cv_date(ingestion_date) >= cv_add_days(cv_add_months(billing_period, 1), $invoice_day - 1) then 'Correction'
    end                                                                    as ChargeClass,
    sku_name || case when record_type = 'ORIGINAL' then '' else ', ' || lower(record_type) end as ChargeDescription,
    'Usage-Based'                                                          as ChargeFrequency,
    started                                                                as ChargePeriodStart,
    ended                                                                  as ChargePeriodEnd,
    coalesce(p.service_category, 'Other')                                  as ServiceCategory,
    coalesce(p.service_subcategory, 'Other (Other)')                       as ServiceSubcategory,
    coalesce(billing_origin_product, 'Databricks')                         as ServiceName,
    sku_name                                                               as SkuId,
    coalesce(usage_type, usage_unit)                                       as SkuMeter,
    case
        when price_source = 'none' then sku_name || ':unpriced'
        else sku_name || ':' || price_source || ':' || $currency || ':' || cast(cv_date(price_valid_from) as varchar)
    end                                                                    as SkuPriceId,

    ---------- who and where
    case when is_billed_by_cloud then c.issuer_name else 'Databricks' end  as InvoiceIssuerName,
    'Databricks'                                                           as ProviderName,
    'Databricks'                                                           as ServiceProviderName,
    c.host_name                                                            as HostProviderName,
    'Databricks'                                                           as PublisherName,
    account_id                                                             as BillingAccountId,
    account_id                                                             as BillingAccountName,
    'Account'                                                              as BillingAccountType,
    workspace_id                                                           as SubAccountId,
    workspace_id                                                           as SubAccountName,
    case when workspace_id is not null then 'Workspace' end                as SubAccountType,
    cv_day_start(billing_period)                                           as BillingPeriodStart,
    cv_day_start(cv_add_months(billing_period, 1))                         as BillingPeriodEnd,
    case attributed_to
        when 'warehouse' then warehouse_id
        when 'job' then job_id
        when 'pipeline' then pipeline_id
        when 'endpoint' then endpoint_id
        when 'app' then app_id
        when 'database' then database_id
        when 'cluster' then cluster_id
        when 'notebook' then notebook_id
    end                                                                    as ResourceId,
    case attributed_to when 'job' then job_name when 'endpoint' then endpoint_name when 'app' then app_name end as ResourceName,
    case attributed_to
        when 'warehouse' then 'SQL Warehouse'
        when 'job' then 'Job'
        when 'pipeline' then 'Pipeline'
        when 'endpoint' then 'Serving Endpoint'
        when 'app' then 'App'
        when 'database' then 'Database Instance'
        when 'cluster' then 'Cluster'
        when 'notebook' then 'Notebook'
    end                                                                    as ResourceType,
    custom_tags                                                            as Tags,

    ---------- attribution
    coalesce(attributed_to, 'none')                                        as x_AttributedTo,
    case when attributed_to is null then 'unattributed' when is_shared then 'shared' else 'exact' end as x_AttributionQuality,
    cluster_id                                                             as x_ClusterId,
    job_id                                                                 as x_JobId,
    job_run_id                                                             as x_JobRunId,
    warehouse_id                                                           as x_WarehouseId,
    pipeline_id                                                            as x_PipelineId,
    notebook_id                                                            as x_NotebookId,
    instance_pool_id                                                       as x_InstancePoolId,
    node_type                                                              as x_NodeType,
    budget_policy_id                                                       as x_BudgetPolicyId,
    cv_keyed_hash(cv_json_text(identity_metadata, '$.run_as'))             as x_RunAsMasked,
    is_serverless = 'true'                                                 as x_IsServerless,
    is_photon = 'true'                                                     as x_IsPhoton,
    cloud                                                                  as x_Cloud,
    case when is_billed_by_cloud then 'cloud' else 'Databricks' end        as x_BilledBy
from charged
left join products as p on p.product = billing_origin_product
left join clouds as c on c.cloud_code = cloud
left join units as n on n.delivered_unit = usage_unit
