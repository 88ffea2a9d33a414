-- Google Cloud charges in FOCUS columns. A line is one row; a line that a commitment covers in part is two (x_RowPart charge and covered); a credit that is
-- no discount is a row of its own (credit_1, ...); the idle part of a commitment is one row per kind and month (unused).
-- Sources: FOCUS 1.2, sections BilledCost, EffectiveCost, ListCost, ChargeClass, PricingCategory and attribute Discount Handling; Google Cloud, schema of the
-- detailed usage cost data. How each kind of line is treated: README.md of this pack.
with services as (
    select * from (values
        ('Compute Engine', 'Compute', 'Virtual Machines'),
        ('VMware Engine', 'Compute', 'Virtual Machines'),
        ('Kubernetes Engine', 'Compute', 'Containers'),
        ('Cloud Run', 'Compute', 'Serverless Compute'),
        ('Cloud Run Functions', 'Compute', 'Serverless Compute'),
        ('Cloud Functions', 'Compute', 'Serverless Compute'),
        ('App Engine', 'Web', 'Application Platforms'),
        ('Artifact Registry', 'Compute', 'Containers'),
        ('Container Registry', 'Compute', 'Containers'),
        ('Anthos', 'Compute', 'Containers'),
        ('Confidential Computing', 'Compute', 'Virtual Machines'),
        ('VM Manager', 'Management and Governance', 'Other (Management and Governance)'),
        ('Batch', 'Compute', 'Other (Compute)'),
        ('Cloud Storage', 'Storage', 'Object Storage'),
        ('Cloud Filestore', 'Storage', 'File Storage'),
        ('NetApp Volumes', 'Storage', 'File Storage'),
        ('Backup for GKE', 'Storage', 'Backup Storage'),
        ('Backup and DR Service', 'Storage', 'Backup Storage'),
        ('Parallelstore', 'Storage', 'File Storage'),
        ('BigQuery', 'Analytics', 'Data Processing'),
        ('BigQuery Storage API', 'Analytics', 'Data Processing'),
        ('BigQuery Reservation API', 'Analytics', 'Data Processing'),
        ('BigQuery BI Engine', 'Analytics', 'Business Intelligence'),
        ('BigQuery Data Transfer Service', 'Migration', 'Data Migration'),
        ('Cloud Dataflow', 'Analytics', 'Streaming Analytics'),
        ('Cloud Dataproc', 'Analytics', 'Data Processing'),
        ('Dataproc Metastore', 'Analytics', 'Data Processing'),
        ('Cloud Composer', 'Integration', 'Workflow Orchestration'),
        ('Cloud Data Fusion', 'Analytics', 'Data Processing'),
        ('Data Catalog', 'Management and Governance', 'Data Governance'),
        ('Cloud Dataplex', 'Management and Governance', 'Data Governance'),
        ('Looker Data Platform SaaS', 'Analytics', 'Business Intelligence'),
        ('Looker', 'Analytics', 'Business Intelligence'),
        ('Cloud SQL', 'Databases', 'Relational Databases'),
        ('AlloyDB', 'Databases', 'Relational Databases'),
        ('Cloud Spanner', 'Databases', 'Relational Databases'),
        ('Cloud Bigtable', 'Databases', 'NoSQL Databases'),
        ('Cloud Firestore', 'Databases', 'NoSQL Databases'),
        ('Firestore', 'Databases', 'NoSQL Databases'),
        ('Cloud Datastore', 'Databases', 'NoSQL Databases'),
        ('Firebase Realtime Database', 'Databases', 'NoSQL Databases'),
        ('Cloud Memorystore for Redis', 'Databases', 'Caching'),
        ('Cloud Memorystore for Memcached', 'Databases', 'Caching'),
        ('Cloud Memorystore', 'Databases', 'Caching'),
        ('Datastream', 'Migration', 'Data Migration'),
        ('Database Migration', 'Migration', 'Data Migration'),
        ('Networking', 'Networking', 'Network Infrastructure'),
        ('Cloud DNS', 'Networking', 'Network Routing'),
        ('Cloud CDN', 'Networking', 'Content Delivery'),
        ('Cloud Load Balancing', 'Networking', 'Application Networking'),
        ('Network Connectivity Center', 'Networking', 'Network Connectivity'),
        ('Cloud VPN', 'Networking', 'Network Connectivity'),
        ('Cloud Interconnect', 'Networking', 'Network Connectivity'),
        ('Cloud NAT', 'Networking', 'Network Infrastructure'),
        ('Network Intelligence Center', 'Networking', 'Network Infrastructure'),
        ('Service Directory', 'Networking', 'Network Routing'),
        ('Cloud Domains', 'Web', 'Other (Web)'),
        ('Cloud Armor', 'Networking', 'Network Security'),
        ('Cloud IDS', 'Security', 'Threat Detection and Response'),
        ('Vertex AI', 'AI and Machine Learning', 'Machine Learning'),
        ('Gemini API', 'AI and Machine Learning', 'Generative AI'),
        ('Generative AI App Builder', 'AI and Machine Learning', 'Generative AI'),
        ('Cloud Machine Learning Engine', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud AutoML', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud TPU', 'AI and Machine Learning', 'Machine Learning'),
        ('Notebooks', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud Natural Language', 'AI and Machine Learning', 'Natural Language Processing'),
        ('Cloud Speech API', 'AI and Machine Learning', 'Natural Language Processing'),
        ('Cloud Text-to-Speech API', 'AI and Machine Learning', 'Natural Language Processing'),
        ('Translate', 'AI and Machine Learning', 'Natural Language Processing'),
        ('Cloud Dialogflow API', 'AI and Machine Learning', 'Bots'),
        ('Cloud Vision API', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud Video Intelligence API', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud Document AI API', 'AI and Machine Learning', 'Machine Learning'),
        ('Recommendations AI', 'AI and Machine Learning', 'Machine Learning'),
        ('Cloud Pub/Sub', 'Integration', 'Messaging'),
        ('Pub/Sub Lite', 'Integration', 'Messaging'),
        ('Cloud Tasks', 'Integration', 'Messaging'),
        ('Cloud Scheduler', 'Integration', 'Workflow Orchestration'),
        ('Workflows', 'Integration', 'Workflow Orchestration'),
        ('Eventarc', 'Integration', 'Messaging'),
        ('API Gateway', 'Integration', 'API Management'),
        ('Apigee', 'Integration', 'API Management'),
        ('Application Integration', 'Integration', 'Other (Integration)'),
        ('Cloud Logging', 'Management and Governance', 'Observability'),
        ('Cloud Monitoring', 'Management and Governance', 'Observability'),
        ('Stackdriver', 'Management and Governance', 'Observability'),
        ('Stackdriver Monitoring', 'Management and Governance', 'Observability'),
        ('Stackdriver Trace', 'Management and Governance', 'Observability'),
        ('Cloud Trace', 'Management and Governance', 'Observability'),
        ('Support', 'Management and Governance', 'Support'),
        ('Enterprise Agreement', 'Management and Governance', 'Cost Management'),
        ('Cloud Key Management Service (KMS)', 'Security', 'Secret Management'),
        ('Secret Manager', 'Security', 'Secret Management'),
        ('Certificate Authority Service', 'Security', 'Secret Management'),
        ('Certificate Manager', 'Security', 'Secret Management'),
        ('Security Command Center', 'Security', 'Security Posture Management'),
        ('Cloud Data Loss Prevention', 'Security', 'Security Posture Management'),
        ('Binary Authorization', 'Security', 'Security Posture Management'),
        ('reCAPTCHA Enterprise', 'Security', 'Threat Detection and Response'),
        ('Web Risk', 'Security', 'Threat Detection and Response'),
        ('Chronicle', 'Security', 'Threat Detection and Response'),
        ('BeyondCorp Enterprise', 'Security', 'Network Security'),
        ('Identity Platform', 'Identity', 'Identity and Access Management'),
        ('Firebase Auth', 'Identity', 'Identity and Access Management'),
        ('Managed Service for Microsoft Active Directory', 'Identity', 'Identity and Access Management'),
        ('Cloud Build', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('Cloud Deploy', 'Developer Tools', 'Continuous Integration and Deployment'),
        ('Source Repository', 'Developer Tools', 'Source Code Management'),
        ('Cloud Workstations', 'Developer Tools', 'Development Environments'),
        ('Firebase Test Lab', 'Developer Tools', 'Quality Assurance'),
        ('Firebase', 'Mobile', 'Other (Mobile)'),
        ('Firebase Hosting', 'Mobile', 'Other (Mobile)'),
        ('Cloud IoT Core', 'Internet of Things', 'IoT Platforms'),
        ('Cloud Healthcare', 'Business Applications', 'Other (Business Applications)'),
        ('Transcoder API', 'Media', 'Other (Media)'),
        ('Live Stream API', 'Media', 'Media Streaming'),
        ('Storage Transfer Service', 'Migration', 'Data Migration'),
        ('Transfer Appliance', 'Migration', 'Data Migration'),
        ('Maps API', 'Web', 'Other (Web)'),
        ('Geocoding API', 'Web', 'Other (Web)'),
        ('Directions API', 'Web', 'Other (Web)'),
        ('Places API', 'Web', 'Other (Web)'),
        ('Maps Static API', 'Web', 'Other (Web)'),
        ('Invoice', 'Other', 'Other (Other)')
    ) as t (service_title, service_category, service_subcategory)
),

regions as (
    select * from (values
        ('us-central1', 'Iowa'),
        ('us-east1', 'South Carolina'),
        ('us-east4', 'Northern Virginia'),
        ('us-east5', 'Columbus'),
        ('us-south1', 'Dallas'),
        ('us-west1', 'Oregon'),
        ('us-west2', 'Los Angeles'),
        ('us-west3', 'Salt Lake City'),
        ('us-west4', 'Las Vegas'),
        ('northamerica-northeast1', 'Montreal'),
        ('northamerica-northeast2', 'Toronto'),
        ('northamerica-south1', 'Mexico'),
        ('southamerica-east1', 'Sao Paulo'),
        ('southamerica-west1', 'Santiago'),
        ('europe-central2', 'Warsaw'),
        ('europe-north1', 'Finland'),
        ('europe-north2', 'Stockholm'),
        ('europe-southwest1', 'Madrid'),
        ('europe-west1', 'Belgium'),
        ('europe-west2', 'London'),
        ('europe-west3', 'Frankfurt'),
        ('europe-west4', 'Netherlands'),
        ('europe-west6', 'Zurich'),
        ('europe-west8', 'Milan'),
        ('europe-west9', 'Paris'),
        ('europe-west10', 'Berlin'),
        ('europe-west12', 'Turin'),
        ('africa-south1', 'Johannesburg'),
        ('asia-east1', 'Taiwan'),
        ('asia-east2', 'Hong Kong'),
        ('asia-northeast1', 'Tokyo'),
        ('asia-northeast2', 'Osaka'),
        ('asia-northeast3', 'Seoul'),
        ('asia-south1', 'Mumbai'),
        ('asia-south2', 'Delhi'),
        ('asia-southeast1', 'Singapore'),
        ('asia-southeast2', 'Jakarta'),
        ('australia-southeast1', 'Sydney'),
        ('australia-southeast2', 'Melbourne'),
        ('me-central1', 'Doha'),
        ('me-central2', 'Dammam'),
        ('me-west1', 'Tel Aviv'),
        ('us', 'United States (multi-region)'),
        ('eu', 'European Union (multi-region)'),
        ('asia', 'Asia (multi-region)'),
        ('global', 'Global')
    ) as t (region_id, region_name)
),

units as (
    select * from (values
        ('hour', 'Hours'),
        ('hours', 'Hours'),
        ('second', 'Seconds'),
        ('seconds', 'Seconds'),
        ('minute', 'Minutes'),
        ('day', 'Days'),
        ('month', 'Months'),
        ('year', 'Years'),
        ('byte', 'Bytes'),
        ('bytes', 'Bytes'),
        ('kibibyte', 'KiB'),
        ('mebibyte', 'MiB'),
        ('gibibyte', 'GiB'),
        ('tebibyte', 'TiB'),
        ('pebibyte', 'PiB'),
        ('kilobyte', 'KB'),
        ('megabyte', 'MB'),
        ('gigabyte', 'GB'),
        ('terabyte', 'TB'),
        ('gibibyte hour', 'GiB-Hours'),
        ('gibibyte month', 'GiB-Months'),
        ('gibibyte day', 'GiB-Days'),
        ('tebibyte month', 'TiB-Months'),
        ('gigabyte month', 'GB-Months'),
        ('byte-seconds', 'Byte-Seconds'),
        ('gibibyte second', 'GiB-Seconds'),
        ('mebibyte second', 'MiB-Seconds'),
        ('count', 'Count'),
        ('requests', 'Requests'),
        ('request', 'Requests'),
        ('core hour', 'Core-Hours'),
        ('vcpu-seconds', 'vCPU-Seconds'),
        ('slot hour', 'Slot-Hours')
    ) as t (delivered_unit, focus_unit)
),

row_parts as (
    select * from (values
        ('none', 'charge'), ('whole', 'covered'), ('priced', 'covered'), ('part', 'charge'), ('part', 'covered')
    ) as t (coverage, row_part)
),

lines as (
    select
        *,
        case
            when cost_type = 'regular' and is_fee then 'Purchase'
            when cost_type = 'regular' then 'Usage'
            when cost_type = 'tax' then 'Tax'
            else 'Adjustment'
        end                                                       as charge_category,
        -- A correction concerns use of a month before the invoice's; Google's months begin and end in Pacific time.
        case
            when (adjustment_code is not null or adjustment_mode is not null or adjustment_type is not null)
                and cast(cv_local_time(usage_start, 'America/Los_Angeles') as date) < billing_period then 'Correction'
        end                                                       as charge_class,
        cost + discounts                                          as net_cost,
        case when cost_type = 'regular' and list_cost <> 0 then list_cost else cost end as whole_list,
        case when coverage = 'priced' then default_cost else cost end as whole_contracted
    from silver.gcp_billing_lines
    where billing_period >= $period_first
        and billing_period < $period_end
),

-- A fee is handed to the use that it covers in steps that meet at their ends, so that the shares add up to it to the last digit. The steps go by what the
-- lines say, so that a line costs the same in whatever file and order it comes.
covered as (
    select
        l.*,
        coalesce(c.used_fee, 0)                                   as used_fee,
        sum(l.covered_value) over (
            partition by l.billing_period, l.currency, l.commitment
            order by l.usage_start nulls last, l.usage_end nulls last, l.project_code nulls last, l.service_code nulls last, l.sku_code nulls last,
                l.resource_path nulls last, l.resource_label nulls last, l.region nulls last, l.zone nulls last, l.covered_value nulls last, l.cost nulls last,
                l.exported_at nulls last, cv_to_json(l.tags) nulls last, l.x_SourceFile nulls last, l.x_SourceRow nulls last
            rows between unbounded preceding and current row)     as covered_so_far,
        sum(l.covered_value) over (partition by l.billing_period, l.currency, l.commitment) as covered_in_all
    from lines as l
    left join silver.gcp_commitments as c
        on c.billing_period = l.billing_period and c.currency = l.currency and c.commitment = l.commitment
    where l.coverage in ('part', 'whole')
),

shared as (
    select *, cast(0 as decimal(38, 21)) as used_fee, cast(0 as decimal(38, 21)) as covered_so_far, cast(0 as decimal(38, 21)) as covered_in_all
    from lines
    where coverage not in ('part', 'whole')

    union all

    select * from covered
),

-- The rows of a line. Where a commitment covers a part of it, that part is a row that bills nothing and costs its share of the fee.
line_rows as (
    select
        l.*,
        p.row_part,
        case when l.coverage = 'part' then l.covered_share end    as share,
        case
            when l.covered_in_all = 0 then cast(0 as decimal(38, 21))
            when l.covered_so_far = l.covered_in_all then l.used_fee
            else cv_product(l.used_fee, cast(cv_ratio(l.covered_so_far, l.covered_in_all) as decimal(18, 9)))
        end
        - case
            when l.covered_in_all = 0 or l.covered_so_far = l.covered_value then cast(0 as decimal(38, 21))
            else cv_product(l.used_fee, cast(cv_ratio(l.covered_so_far - l.covered_value, l.covered_in_all) as decimal(18, 9)))
        end                                                       as fee_share
    from shared as l
    join row_parts as p on p.coverage = l.coverage
),

-- The four costs and the quantities.
costed as (
    select
        *,
        charge_category in ('Usage', 'Purchase') and charge_class is null as is_priced,
        case when share is not null and row_part = 'covered' then cast(0 as decimal(38, 21)) else net_cost end as billed,
        case
            when is_fee then cast(0 as decimal(38, 21))
            when row_part = 'charge' then net_cost
            when share is not null then fee_share
            else net_cost + fee_share
        end                                                       as effective,
        case
            when is_fee then case when whole_list > net_cost then whole_list else net_cost end
            when charge_category <> 'Usage' then net_cost
            when share is null then whole_list
            when row_part = 'covered' then cv_product(whole_list, share)
            else whole_list - cv_product(whole_list, share)
        end                                                       as list,
        case
            when charge_category <> 'Usage' then net_cost
            when share is null then whole_contracted
            when row_part = 'covered' then covered_value
            else whole_contracted - covered_value
        end                                                       as contracted,
        case
            when share is null then priced_quantity
            when row_part = 'covered' then cv_product(priced_quantity, share)
            else priced_quantity - cv_product(priced_quantity, share)
        end                                                       as row_quantity,
        -- Quantities in byte-seconds are too large for cv_product, and no money: the parts add up to the whole, that is all.
        case
            when share is null then used_quantity
            when row_part = 'covered' then cast(cast(used_quantity as double) * cast(share as double) as decimal(38, 21))
            else used_quantity - cast(cast(used_quantity as double) * cast(share as double) as decimal(38, 21))
        end                                                       as row_used,
        sku_name                                                  as description,
        cast(null as varchar)                                     as credit_type,
        case
            when is_fee then null
            when row_part = 'covered' then 'Used'
        end                                                       as commitment_status,
        case
            when is_fee then case when commitment like '%/spend' then cost else priced_quantity end
            when row_part = 'covered' and commitment like '%/spend' then case when coverage = 'priced' then net_cost else covered_value end
            when row_part = 'covered' then cv_product(priced_quantity, covered_share)
        end                                                       as commitment_quantity,
        case when commitment like '%/spend' then currency else priced_unit end as commitment_unit,
        case when is_fee then commitment else coalesce(resource_path, resource_label) end as resource_id
    from line_rows
),

-- Credits that are means of payment: a row of their own, so that the discounts stay with what they reduce and rows add up to the invoice.
credit_elements as (
    select *, cv_json_elements(credits) as credit
    from lines
    where credits is not null
),

credits_paid as (
    select
        *,
        cv_decimal(cv_json_text(credit, '$.amount'))              as credit_amount,
        row_number() over (partition by x_SourceFile, x_SourceRow order by credit nulls last) as credit_number
    from credit_elements
    where not coalesce(cv_regexp_matches(cv_json_text(credit, '$.' || credit_member), '(?i)^(committed.us(e|age).discount|fee.utilization.offset|sustained.us(e|age).discount|discount$|spending.based.discount|free.tier|subscription.benefit|reseller.margin)'), false)
),

charges as (
    select
        billing_period, x_SourceFile, x_SourceRow, row_part, x_RawIngestionId, cost_type, credit_type, billing_account_id, currency, charge_category, charge_class,
        is_priced, billed, effective, list, contracted, row_quantity, priced_unit, row_used, used_unit, description, usage_start, usage_end, exported_at,
        service_code, service_name, sku_code, sku_name, price_tier, project_code, project_title, tags, place, region, zone, resource_id, resource_path, resource_label,
        transaction_type, seller_name, usd_rate, adjustment_mode, case when is_fee or row_part = 'covered' then commitment end as commitment_id, commitment_status, commitment_quantity, commitment_unit
    from costed

    union all

    select
        billing_period, x_SourceFile, x_SourceRow, 'credit_' || cast(credit_number as varchar), x_RawIngestionId, cost_type,
        case
            when credit_member = 'type' then cv_json_text(credit, '$.type')
            when cv_regexp_matches(cv_json_text(credit, '$.name'), '(?i)^(free trial|promotion)') then 'PROMOTION'
            else cv_json_text(credit, '$.name')
        end,
        billing_account_id, currency, 'Credit', null,
        false, credit_amount, credit_amount, credit_amount, credit_amount, null, null, null, null,
        coalesce(cv_json_text(credit, '$.full_name'), cv_json_text(credit, '$.name'), cv_json_text(credit, '$.type')) || ': ' || coalesce(sku_name, service_name, ''),
        usage_start, usage_end, exported_at,
        service_code, service_name, sku_code, sku_name, price_tier, project_code, project_title, tags, place, region, zone,
        coalesce(resource_path, resource_label), resource_path, resource_label,
        transaction_type, seller_name, usd_rate, null, null, null, null, null
    from credits_paid

    union all

    select
        billing_period, fee_file, fee_row, 'unused', fee_ingestion, 'regular', null, billing_account_id, currency, 'Usage', null,
        true, cast(0 as decimal(38, 21)), unused_fee, unused_fee, unused_fee, null, null, null, null,
        'Unused: ' || coalesce(fee_name, commitment), cv_day_start(billing_period), cv_day_start(cv_add_months(billing_period, 1)), null,
        null, coalesce(fee_service, 'Compute Engine'), fee_sku, fee_name, null, null, null, null, fee_place, fee_region, null, commitment, null, null,
        'GOOGLE', null, fee_rate, null, commitment, 'Unused',
        case
            when commitment like '%/spend' then unused_fee
            when committed_unit = covered_unit and covered_quantity <= committed_quantity then committed_quantity - covered_quantity
            when covered_value <= 0 then committed_quantity
            else cast(0 as decimal(38, 21))
        end,
        case when commitment like '%/spend' then currency else committed_unit end
    from silver.gcp_commitments
    where billing_period >= $period_first
        and billing_period < $period_end
        and unused_fee <> 0
),

-- Metered rows are priced by quantity; the others (fees without a quantity, idle parts, amounts against the sign of their quantity) by their amount at a
-- price of 1, so that price times quantity is the cost.
priced as (
    select
        *,
        coalesce(row_part in ('charge', 'covered')
            and ((row_quantity > 0 and list >= 0 and contracted >= 0) or (row_quantity < 0 and list <= 0 and contracted <= 0)), false) as is_metered
    from charges
),

unit_priced as (
    select
        *,
        case
            when not is_priced then null
            when is_metered then cast(cv_ratio(list, row_quantity) as decimal(38, 21))
            when list = contracted or contracted = 0 then cast(1 as decimal(38, 21))
            when list = 0 then cast(0 as decimal(38, 21))
            else cast(abs(cv_ratio(list, contracted)) as decimal(38, 21))
        end                                                       as list_unit_price,
        case
            when not is_priced then null
            when is_metered then cast(cv_ratio(contracted, row_quantity) as decimal(38, 21))
            when contracted = 0 and list <> 0 then cast(0 as decimal(38, 21))
            else cast(1 as decimal(38, 21))
        end                                                       as contracted_unit_price,
        coalesce(region, place)                                   as region_code
    from priced
)

select
    ---------- keys
    billing_period,
    'Google Cloud'                                                as x_Provider,
    x_SourceFile,
    x_SourceRow,
    row_part                                                      as x_RowPart,
    x_RawIngestionId,
    cost_type                                                     as x_CostType,
    credit_type                                                   as x_CreditType,
    exported_at                                                   as x_ExportTime,

    ---------- money, in BillingCurrency
    billed                                                        as BilledCost,
    effective                                                     as EffectiveCost,
    list                                                          as ListCost,
    contracted                                                    as ContractedCost,
    currency                                                      as BillingCurrency,
    usd_rate                                                      as x_CurrencyConversionRate,

    ---------- prices. Google prices in US dollars and states the rate at which it bills.
    list_unit_price                                               as ListUnitPrice,
    contracted_unit_price                                         as ContractedUnitPrice,
    case when usd_rate > 0 then 'USD' else currency end           as PricingCurrency,
    case when usd_rate > 0 and usd_rate <> 1 then cast(cv_ratio(list_unit_price, usd_rate) as decimal(38, 21)) else list_unit_price end as PricingCurrencyListUnitPrice,
    case
        when usd_rate > 0 and usd_rate <> 1 then cast(cv_ratio(contracted_unit_price, usd_rate) as decimal(38, 21))
        else contracted_unit_price
    end                                                           as PricingCurrencyContractedUnitPrice,
    case when usd_rate > 0 and usd_rate <> 1 then cast(cv_ratio(effective, usd_rate) as decimal(38, 21)) else effective end as PricingCurrencyEffectiveCost,
    case
        when not is_priced then null
        when is_metered then row_quantity
        when contracted = 0 then list
        else contracted
    end                                                           as PricingQuantity,
    case
        when not is_priced then null
        when is_metered then coalesce(pu.focus_unit, priced_unit, 'Count')
        else currency
    end                                                           as PricingUnit,
    case
        when not is_priced then null
        when commitment_status is not null then 'Committed'
        when charge_category = 'Purchase' then 'Standard'
        when lower(sku_name) like '%preemptible%' or lower(sku_name) like 'spot %' then 'Dynamic'
        else 'Standard'
    end                                                           as PricingCategory,
    case when charge_category = 'Usage' and row_part <> 'unused' and charge_class is null then coalesce(row_used, 0) end as ConsumedQuantity,
    case when charge_category = 'Usage' and row_part <> 'unused' and charge_class is null then coalesce(uu.focus_unit, used_unit, 'Count') end as ConsumedUnit,

    ---------- what it is
    charge_category                                               as ChargeCategory,
    charge_class                                                  as ChargeClass,
    description                                                   as ChargeDescription,
    case
        when charge_category = 'Usage' then 'Usage-Based'
        when charge_category = 'Purchase' then 'Recurring'
        else 'One-Time'
    end                                                           as ChargeFrequency,
    usage_start                                                   as ChargePeriodStart,
    usage_end                                                     as ChargePeriodEnd,
    coalesce(s.service_category, 'Other')                         as ServiceCategory,
    coalesce(s.service_subcategory, 'Other (Other)')              as ServiceSubcategory,
    coalesce(service_name, service_code)                          as ServiceName,
    case when charge_category <> 'Tax' then coalesce(sku_code, sku_name) end as SkuId,
    case when charge_category <> 'Tax' then sku_name end          as SkuMeter,
    case when charge_category <> 'Tax' then coalesce(sku_code, sku_name) || '/' || coalesce(price_tier, '0') end as SkuPriceId,
    cast(null as varchar)                                         as SkuPriceDetails,
    adjustment_mode                                               as x_AdjustmentMode,

    ---------- who and where
    'Google Cloud'                                                as InvoiceIssuerName,
    'Google Cloud'                                                as ProviderName,
    'Google Cloud'                                                as ServiceProviderName,
    'Google Cloud'                                                as HostProviderName,
    coalesce(seller_name, 'Google Cloud')                         as PublisherName,
    cast(null as varchar)                                         as InvoiceId,
    billing_account_id                                            as BillingAccountId,
    billing_account_id                                            as BillingAccountName,
    'Billing Account'                                             as BillingAccountType,
    project_code                                                  as SubAccountId,
    case when project_code is not null then coalesce(project_title, project_code) end as SubAccountName,
    case when project_code is not null then 'Project' end         as SubAccountType,
    cv_day_start(billing_period)                                  as BillingPeriodStart,
    cv_day_start(cv_add_months(billing_period, 1))                as BillingPeriodEnd,
    region_code                                                   as RegionId,
    case when region_code is not null then coalesce(r.region_name, region_code) end as RegionName,
    zone                                                          as AvailabilityZone,
    resource_id                                                   as ResourceId,
    case when resource_path is not null and resource_label <> resource_path and resource_id = resource_path then resource_label end as ResourceName,
    case
        when resource_id is null then null
        when resource_id = commitment_id then 'Committed Use Discount'
        when resource_path is not null and cv_regexp_extract(resource_path, '/([^/]+)/[^/]+$', 1) <> '' then cv_regexp_extract(resource_path, '/([^/]+)/[^/]+$', 1)
        else coalesce(service_name, service_code)
    end                                                           as ResourceType,
    tags                                                          as Tags,
    transaction_type                                              as x_TransactionType,

    ---------- commitments
    commitment_id                                                 as CommitmentDiscountId,
    cast(null as varchar)                                         as CommitmentDiscountName,
    case when commitment_id is not null then case when commitment_id like '%/spend' then 'Spend' else 'Usage' end end as CommitmentDiscountCategory,
    case when commitment_id is not null then 'Committed Use Discount' end as CommitmentDiscountType,
    commitment_status                                             as CommitmentDiscountStatus,
    case when commitment_id is not null then coalesce(commitment_quantity, 0) end as CommitmentDiscountQuantity,
    case when commitment_id is not null then coalesce(cu.focus_unit, commitment_unit, 'Count') end as CommitmentDiscountUnit,
    cast(null as varchar)                                         as CapacityReservationId,
    cast(null as varchar)                                         as CapacityReservationStatus
from unit_priced
left join services as s on s.service_title = service_name
left join regions as r on r.region_id = region_code
left join units as pu on pu.delivered_unit = priced_unit
left join units as uu on uu.delivered_unit = used_unit
left join units as cu on cu.delivered_unit = commitment_unit
