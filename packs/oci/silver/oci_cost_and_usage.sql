-- Oracle's cost lines in FOCUS columns, one row per line: usage of an hour, or a correction of such a line.
-- Sources: Oracle, "Cost Reports" (schema; corrections are new rows that add to what they correct); FOCUS 1.2, sections ChargeClass,
-- BilledCost, ServiceSubcategory.
with services as (
    select * from (values
        ('COMPUTE', 'Compute', 'Compute', 'Virtual Machines'),
        ('COMPUTE_CLOUD_AT_CUSTOMER', 'Compute Cloud@Customer', 'Compute', 'Virtual Machines'),
        ('OKE', 'Kubernetes Engine', 'Compute', 'Containers'),
        ('CONTAINER_ENGINE', 'Kubernetes Engine', 'Compute', 'Containers'),
        ('CONTAINER_INSTANCES', 'Container Instances', 'Compute', 'Containers'),
        ('FUNCTIONS', 'Functions', 'Compute', 'Serverless Compute'),
        ('VMWARE', 'VMware Solution', 'Compute', 'Virtual Machines'),
        ('BLOCK_STORAGE', 'Block Volume', 'Storage', 'Block Storage'),
        ('OBJECTSTORE', 'Object Storage', 'Storage', 'Object Storage'),
        ('OBJECT_STORAGE', 'Object Storage', 'Storage', 'Object Storage'),
        ('FILE_STORAGE', 'File Storage', 'Storage', 'File Storage'),
        ('FSS', 'File Storage', 'Storage', 'File Storage'),
        ('DATABASE', 'Database', 'Databases', 'Relational Databases'),
        ('DATABASE_EXADATA', 'Exadata Database', 'Databases', 'Relational Databases'),
        ('MYSQL', 'MySQL Database', 'Databases', 'Relational Databases'),
        ('POSTGRESQL', 'Database with PostgreSQL', 'Databases', 'Relational Databases'),
        ('NOSQL', 'NoSQL Database', 'Databases', 'NoSQL Databases'),
        ('NOSQL_DATABASE', 'NoSQL Database', 'Databases', 'NoSQL Databases'),
        ('REDIS', 'Cache with Redis', 'Databases', 'Caching'),
        ('OPENSEARCH', 'Search with OpenSearch', 'Analytics', 'Search'),
        ('NETWORK', 'Networking', 'Networking', 'Network Infrastructure'),
        ('NETWORKING', 'Networking', 'Networking', 'Network Infrastructure'),
        ('VIRTUAL_NETWORK', 'Virtual Cloud Network', 'Networking', 'Network Infrastructure'),
        ('LOAD_BALANCER', 'Load Balancer', 'Networking', 'Application Networking'),
        ('LBAAS', 'Load Balancer', 'Networking', 'Application Networking'),
        ('FASTCONNECT', 'FastConnect', 'Networking', 'Network Connectivity'),
        ('FAST_CONNECT', 'FastConnect', 'Networking', 'Network Connectivity'),
        ('DNS', 'DNS', 'Networking', 'Network Routing'),
        ('NETWORK_FIREWALL', 'Network Firewall', 'Networking', 'Network Security'),
        ('WAF', 'Web Application Firewall', 'Security', 'Threat Detection and Response'),
        ('KMS', 'Vault', 'Security', 'Secret Management'),
        ('VAULT', 'Vault', 'Security', 'Secret Management'),
        ('DATA_SAFE', 'Data Safe', 'Security', 'Security Posture Management'),
        ('CLOUD_GUARD', 'Cloud Guard', 'Security', 'Security Posture Management'),
        ('IDENTITY', 'Identity and Access Management', 'Identity', 'Identity and Access Management'),
        ('TELEMETRY', 'Monitoring', 'Management and Governance', 'Observability'),
        ('MONITORING', 'Monitoring', 'Management and Governance', 'Observability'),
        ('LOGGING', 'Logging', 'Management and Governance', 'Observability'),
        ('LOGGING_ANALYTICS', 'Logging Analytics', 'Management and Governance', 'Observability'),
        ('LOGANALYTICS', 'Logging Analytics', 'Management and Governance', 'Observability'),
        ('APM', 'Application Performance Monitoring', 'Management and Governance', 'Observability'),
        ('OPERATIONS_INSIGHTS', 'Ops Insights', 'Management and Governance', 'Observability'),
        ('ORACLE_STREAMING_SERVICE', 'Streaming', 'Analytics', 'Streaming Analytics'),
        ('STREAMING', 'Streaming', 'Analytics', 'Streaming Analytics'),
        ('ANALYTICS', 'Analytics Cloud', 'Analytics', 'Business Intelligence'),
        ('ORACLE_ANALYTICS_CLOUD', 'Analytics Cloud', 'Analytics', 'Business Intelligence'),
        ('BIG_DATA', 'Big Data Service', 'Analytics', 'Data Processing'),
        ('DATA_FLOW', 'Data Flow', 'Analytics', 'Data Processing'),
        ('DATA_CATALOG', 'Data Catalog', 'Management and Governance', 'Data Governance'),
        ('DATA_INTEGRATION', 'Data Integration', 'Integration', 'Other (Integration)'),
        ('GOLDENGATE', 'GoldenGate', 'Integration', 'Other (Integration)'),
        ('INTEGRATION', 'Integration', 'Integration', 'Other (Integration)'),
        ('ORACLE_INTEGRATION', 'Integration', 'Integration', 'Other (Integration)'),
        ('API_GATEWAY', 'API Gateway', 'Integration', 'API Management'),
        ('QUEUE', 'Queue', 'Integration', 'Messaging'),
        ('NOTIFICATIONS', 'Notifications', 'Integration', 'Messaging'),
        ('ONS', 'Notifications', 'Integration', 'Messaging'),
        ('EMAIL_DELIVERY', 'Email Delivery', 'Integration', 'Messaging'),
        ('DATA_SCIENCE', 'Data Science', 'AI and Machine Learning', 'Machine Learning'),
        ('GENERATIVE_AI', 'Generative AI', 'AI and Machine Learning', 'Generative AI'),
        ('AI_LANGUAGE', 'Language', 'AI and Machine Learning', 'Natural Language Processing'),
        ('AI_SPEECH', 'Speech', 'AI and Machine Learning', 'Natural Language Processing'),
        ('AI_VISION', 'Vision', 'AI and Machine Learning', 'Machine Learning'),
        ('DIGITAL_ASSISTANT', 'Digital Assistant', 'AI and Machine Learning', 'Bots'),
        ('DEVOPS', 'DevOps', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('VISUAL_BUILDER', 'Visual Builder', 'Developer Tools', 'Developer Platforms'),
        ('BLOCKCHAIN', 'Blockchain Platform', 'Databases', 'Ledger Databases'),
        ('CONTENT_MANAGEMENT', 'Content Management', 'Business Applications', 'Productivity and Collaboration'),
        ('MEDIA_FLOW', 'Media Flow', 'Media', 'Media Streaming')
    ) as t (service_code, service_name, service_category, service_subcategory)
),

regions as (
    select * from (values
        ('sa-saopaulo-1', 'Brazil East (Sao Paulo)'),
        ('sa-vinhedo-1', 'Brazil Southeast (Vinhedo)'),
        ('sa-santiago-1', 'Chile Central (Santiago)'),
        ('sa-valparaiso-1', 'Chile West (Valparaiso)'),
        ('sa-bogota-1', 'Colombia Central (Bogota)'),
        ('mx-queretaro-1', 'Mexico Central (Queretaro)'),
        ('mx-monterrey-1', 'Mexico Northeast (Monterrey)'),
        ('us-ashburn-1', 'US East (Ashburn)'),
        ('us-chicago-1', 'US Midwest (Chicago)'),
        ('us-phoenix-1', 'US West (Phoenix)'),
        ('us-sanjose-1', 'US West (San Jose)'),
        ('ca-toronto-1', 'Canada Southeast (Toronto)'),
        ('ca-montreal-1', 'Canada Southeast (Montreal)'),
        ('eu-frankfurt-1', 'Germany Central (Frankfurt)'),
        ('eu-amsterdam-1', 'Netherlands Northwest (Amsterdam)'),
        ('eu-paris-1', 'France Central (Paris)'),
        ('eu-marseille-1', 'France South (Marseille)'),
        ('eu-madrid-1', 'Spain Central (Madrid)'),
        ('eu-milan-1', 'Italy Northwest (Milan)'),
        ('eu-stockholm-1', 'Sweden Central (Stockholm)'),
        ('eu-zurich-1', 'Switzerland North (Zurich)'),
        ('uk-london-1', 'UK South (London)'),
        ('uk-cardiff-1', 'UK West (Newport)'),
        ('ap-tokyo-1', 'Japan East (Tokyo)'),
        ('ap-osaka-1', 'Japan Central (Osaka)'),
        ('ap-seoul-1', 'South Korea Central (Seoul)'),
        ('ap-chuncheon-1', 'South Korea North (Chuncheon)'),
        ('ap-mumbai-1', 'India West (Mumbai)'),
        ('ap-hyderabad-1', 'India South (Hyderabad)'),
        ('ap-singapore-1', 'Singapore (Singapore)'),
        ('ap-sydney-1', 'Australia East (Sydney)'),
        ('ap-melbourne-1', 'Australia Southeast (Melbourne)'),
        ('me-jeddah-1', 'Saudi Arabia West (Jeddah)'),
        ('me-riyadh-1', 'Saudi Arabia Central (Riyadh)'),
        ('me-dubai-1', 'UAE East (Dubai)'),
        ('me-abudhabi-1', 'UAE Central (Abu Dhabi)'),
        ('il-jerusalem-1', 'Israel Central (Jerusalem)'),
        ('af-johannesburg-1', 'South Africa Central (Johannesburg)')
    ) as t (region_id, region_name)
),

units as (
    select * from (values
        ('GB Months', 'GB-Months'),
        ('GB Hours', 'GB-Hours'),
        ('GB', 'GB'),
        ('TB', 'TB'),
        ('Hours', 'Hours'),
        ('OCPU Hours', 'OCPU-Hours'),
        ('ECPU Hours', 'ECPU-Hours'),
        ('Instance per hour', 'Instance-Hours'),
        ('Million Datapoints', '1000000 Datapoints'),
        ('Gigabytes Per Hour', 'GB-Hours'),
        ('GB Of Data Transferred', 'GB'),
        ('10,000 Requests', '10000 Requests')
    ) as t (delivered_unit, focus_unit)
),

lines as (
    select
        *,
        cv_decimal(cost_my_cost)                                  as cost,
        cv_decimal(usage_billed_quantity)                         as quantity,
        cv_decimal(cost_unit_price)                               as unit_price,
        coalesce(lower(line_item_is_correction) = 'true', false)  as is_correction,
        -- Oracle writes some times without seconds: 2023-11-13T10:00Z.
        case when length(line_item_interval_usage_start) = 17
            then left(line_item_interval_usage_start, 16) || ':00Z' else line_item_interval_usage_start end as start_text,
        case when length(line_item_interval_usage_end) = 17
            then left(line_item_interval_usage_end, 16) || ':00Z' else line_item_interval_usage_end end as end_text
    from bronze.oci_cost_lines
    where billing_period >= $period_first
        and billing_period < $period_end
)

select
    ---------- keys
    billing_period,
    'OCI'                                                         as x_Provider,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    'charge'                                                      as x_RowPart,
    raw_ingestion_id                                              as x_RawIngestionId,
    line_item_reference_no                                        as x_LineItemId,
    case when is_correction then line_item_backreference_no end   as x_CorrectedLineItemId,

    ---------- money, in BillingCurrency; the report knows one price, which is the customer's own
    cost                                                          as BilledCost,
    cost                                                          as EffectiveCost,
    cost                                                          as ListCost,
    cost                                                          as ContractedCost,
    cost_currency_code                                            as BillingCurrency,
    coalesce(cv_decimal(cost_my_cost_overage), case when lower(cost_overage_flag) = 'true' then cost end, 0) as x_OverageCost,

    ---------- prices
    unit_price                                                    as ListUnitPrice,
    unit_price                                                    as ContractedUnitPrice,
    cost_currency_code                                            as PricingCurrency,
    unit_price                                                    as PricingCurrencyListUnitPrice,
    unit_price                                                    as PricingCurrencyContractedUnitPrice,
    cost                                                          as PricingCurrencyEffectiveCost,
    quantity                                                      as PricingQuantity,
    coalesce(u.focus_unit, cost_sku_unit_description, 'Units')    as PricingUnit,
    'Standard'                                                    as PricingCategory,
    case when not is_correction then quantity end                 as ConsumedQuantity,
    case when not is_correction then coalesce(u.focus_unit, cost_sku_unit_description, 'Units') end as ConsumedUnit,

    ---------- what it is
    'Usage'                                                       as ChargeCategory,
    -- Neither true nor false: the text stays, for the contract to set the line aside.
    case when is_correction then 'Correction' when lower(line_item_is_correction) <> 'false' then line_item_is_correction end as ChargeClass,
    coalesce(product_description, cost_product_sku, product_service) as ChargeDescription,
    'Usage-Based'                                                 as ChargeFrequency,
    cv_timestamp(start_text)                                      as ChargePeriodStart,
    cv_timestamp(end_text)                                        as ChargePeriodEnd,
    coalesce(s.service_category, 'Other')                         as ServiceCategory,
    coalesce(s.service_subcategory, 'Other (Other)')              as ServiceSubcategory,
    coalesce(s.service_name, product_service, 'Oracle Cloud Infrastructure') as ServiceName,
    cost_product_sku                                              as SkuId,
    coalesce(product_resource, product_description, cost_billing_unit_readable) as SkuMeter,
    cost_product_sku                                              as SkuPriceId,

    ---------- who and where
    'Oracle'                                                      as InvoiceIssuerName,
    'Oracle'                                                      as ProviderName,
    'Oracle'                                                      as ServiceProviderName,
    'Oracle'                                                      as HostProviderName,
    'Oracle'                                                      as PublisherName,
    coalesce(cost_subscription_id, line_item_tenant_id)           as BillingAccountId,
    coalesce(cost_subscription_id, line_item_tenant_id)           as BillingAccountName,
    case when cost_subscription_id is not null then 'Subscription' else 'Tenancy' end as BillingAccountType,
    line_item_tenant_id                                           as SubAccountId,
    line_item_tenant_id                                           as SubAccountName,
    case when line_item_tenant_id is not null then 'Tenancy' end  as SubAccountType,
    product_compartment_id                                        as x_CompartmentId,
    product_compartment_name                                      as x_CompartmentName,
    cv_day_start(billing_period)                                  as BillingPeriodStart,
    cv_day_start(cv_add_months(billing_period, 1))                as BillingPeriodEnd,
    product_region                                                as RegionId,
    coalesce(r.region_name, product_region)                       as RegionName,
    product_availability_domain                                   as AvailabilityZone,
    product_resource_id                                           as ResourceId,
    case
        when product_resource_id is null then null
        when product_resource_id like 'ocid1.%' then cv_split_part(product_resource_id, '.', 2)
        else coalesce(lower(product_service), 'resource')
    end                                                           as ResourceType,
    tags                                                          as Tags
from lines as l
left join services as s on s.service_code = upper(l.product_service)
left join regions as r on r.region_id = l.product_region
left join units as u on u.delivered_unit = l.cost_sku_unit_description
