-- Azure charges in FOCUS columns, one row per charge: the amortised export and, from the actual one, the purchases and refunds of
-- commitments and whatever no amortised export covers.
-- Sources: FOCUS 1.2, sections BilledCost, EffectiveCost, ChargeClass and attribute Discount Handling; microsoft/finops-toolkit,
-- "Convert Cost Management data to FOCUS". How each kind of row is treated, and where that page is not followed: README.md of this pack.
with services as (
    select * from (values
        ('Virtual Machines', 'Compute', 'Virtual Machines'),
        ('Virtual Machines Licenses', 'Compute', 'Virtual Machines'),
        ('Virtual Machine Scale Sets', 'Compute', 'Virtual Machines'),
        ('Cloud Services', 'Compute', 'Virtual Machines'),
        ('Azure Dedicated Host', 'Compute', 'Virtual Machines'),
        ('Azure VMware Solution', 'Compute', 'Virtual Machines'),
        ('Specialized Compute', 'Compute', 'Other (Compute)'),
        ('Batch', 'Compute', 'Other (Compute)'),
        ('Functions', 'Compute', 'Serverless Compute'),
        ('Azure Kubernetes Service', 'Compute', 'Containers'),
        ('Azure Container Apps', 'Compute', 'Containers'),
        ('Azure Red Hat OpenShift', 'Compute', 'Containers'),
        ('Container Instances', 'Compute', 'Containers'),
        ('Container Registry', 'Compute', 'Containers'),
        ('Azure Spring Cloud', 'Web', 'Application Platforms'),
        ('Azure App Service', 'Web', 'Application Platforms'),
        ('Windows Virtual Desktop', 'Compute', 'End User Computing'),
        ('Azure Virtual Desktop', 'Compute', 'End User Computing'),
        ('Storage', 'Storage', 'Storage Platforms'),
        ('Azure NetApp Files', 'Storage', 'File Storage'),
        ('Azure Data Box', 'Migration', 'Data Migration'),
        ('Backup', 'Storage', 'Backup Storage'),
        ('Azure Site Recovery', 'Management and Governance', 'Disaster Recovery'),
        ('Bandwidth', 'Networking', 'Network Connectivity'),
        ('Virtual Network', 'Networking', 'Network Infrastructure'),
        ('NAT Gateway', 'Networking', 'Network Infrastructure'),
        ('Load Balancer', 'Networking', 'Application Networking'),
        ('Application Gateway', 'Networking', 'Application Networking'),
        ('Azure Front Door Service', 'Networking', 'Content Delivery'),
        ('Content Delivery Network', 'Networking', 'Content Delivery'),
        ('VPN Gateway', 'Networking', 'Network Connectivity'),
        ('ExpressRoute', 'Networking', 'Network Connectivity'),
        ('Virtual WAN', 'Networking', 'Network Connectivity'),
        ('Azure DNS', 'Networking', 'Network Routing'),
        ('Traffic Manager', 'Networking', 'Network Routing'),
        ('Network Watcher', 'Networking', 'Network Infrastructure'),
        ('Azure Bastion', 'Networking', 'Network Security'),
        ('Azure Firewall', 'Networking', 'Network Security'),
        ('Azure Firewall Manager', 'Networking', 'Network Security'),
        ('Azure DDOS Protection', 'Networking', 'Network Security'),
        ('SQL Database', 'Databases', 'Relational Databases'),
        ('SQL Managed Instance', 'Databases', 'Relational Databases'),
        ('Azure Database for MySQL', 'Databases', 'Relational Databases'),
        ('Azure Database for PostgreSQL', 'Databases', 'Relational Databases'),
        ('Azure Database for MariaDB', 'Databases', 'Relational Databases'),
        ('Azure Cosmos DB', 'Databases', 'NoSQL Databases'),
        ('Redis Cache', 'Databases', 'Caching'),
        ('Azure Databricks', 'Analytics', 'Data Processing'),
        ('Azure Synapse Analytics', 'Analytics', 'Analytics Platforms'),
        ('SQL Data Warehouse', 'Databases', 'Data Warehouses'),
        ('Azure Data Factory', 'Analytics', 'Data Processing'),
        ('Azure Data Factory v2', 'Analytics', 'Data Processing'),
        ('Azure Data Explorer', 'Analytics', 'Data Processing'),
        ('HDInsight', 'Analytics', 'Data Processing'),
        ('Stream Analytics', 'Analytics', 'Streaming Analytics'),
        ('Event Hubs', 'Analytics', 'Streaming Analytics'),
        ('Data Lake Store', 'Storage', 'Object Storage'),
        ('Power BI Embedded', 'Analytics', 'Business Intelligence'),
        ('Power BI', 'Analytics', 'Business Intelligence'),
        ('Microsoft Fabric', 'Analytics', 'Analytics Platforms'),
        ('Azure Analysis Services', 'Analytics', 'Business Intelligence'),
        ('Azure Purview', 'Management and Governance', 'Data Governance'),
        ('Azure Cognitive Search', 'Analytics', 'Search'),
        ('Azure Machine Learning', 'AI and Machine Learning', 'Machine Learning'),
        ('Cognitive Services', 'AI and Machine Learning', 'AI Platforms'),
        ('Azure OpenAI Service', 'AI and Machine Learning', 'Generative AI'),
        ('Azure OpenAI', 'AI and Machine Learning', 'Generative AI'),
        ('Foundry Models', 'AI and Machine Learning', 'Generative AI'),
        ('Azure Bot Service', 'AI and Machine Learning', 'Bots'),
        ('Service Bus', 'Integration', 'Messaging'),
        ('Event Grid', 'Integration', 'Messaging'),
        ('API Management', 'Integration', 'API Management'),
        ('Logic Apps', 'Integration', 'Workflow Orchestration'),
        ('SignalR', 'Web', 'Other (Web)'),
        ('Notification Hubs', 'Mobile', 'Other (Mobile)'),
        ('Azure Maps', 'Web', 'Other (Web)'),
        ('Key Vault', 'Security', 'Secret Management'),
        ('Advanced Threat Protection', 'Security', 'Threat Detection and Response'),
        ('Advanced Data Security', 'Security', 'Threat Detection and Response'),
        ('Microsoft Defender for Cloud', 'Security', 'Security Posture Management'),
        ('Security Center', 'Security', 'Security Posture Management'),
        ('Sentinel', 'Security', 'Threat Detection and Response'),
        ('Azure Active Directory B2C', 'Identity', 'Identity and Access Management'),
        ('Azure Active Directory Domain Services', 'Identity', 'Identity and Access Management'),
        ('Microsoft Entra ID', 'Identity', 'Identity and Access Management'),
        ('Log Analytics', 'Management and Governance', 'Observability'),
        ('Azure Monitor', 'Management and Governance', 'Observability'),
        ('Application Insights', 'Management and Governance', 'Observability'),
        ('Azure Grafana Service', 'Management and Governance', 'Observability'),
        ('Automation', 'Management and Governance', 'Other (Management and Governance)'),
        ('Azure Arc Enabled Databases', 'Multicloud', 'Multicloud Integration'),
        ('Azure Policy', 'Management and Governance', 'Compliance'),
        ('Azure Advisor', 'Management and Governance', 'Cost Management'),
        ('Azure Support', 'Management and Governance', 'Support'),
        ('IoT Hub', 'Internet of Things', 'IoT Platforms'),
        ('IoT Central', 'Internet of Things', 'IoT Platforms'),
        ('Digital Twins', 'Internet of Things', 'IoT Platforms'),
        ('Azure DevOps', 'Developer Tools', 'Developer Platforms'),
        ('Azure DevTest Labs', 'Developer Tools', 'Development Environments'),
        ('Azure App Configuration', 'Developer Tools', 'Developer Platforms'),
        ('GitHub', 'Developer Tools', 'Source Code Management'),
        ('Media Services', 'Media', 'Media Streaming')
    ) as t (service, service_category, service_subcategory)
),

regions as (
    select * from (values
        ('brazilsouth', 'Brazil South', 'br south'),
        ('brazilsoutheast', 'Brazil Southeast', 'br southeast'),
        ('eastus', 'East US', 'us east'),
        ('eastus2', 'East US 2', 'us east 2'),
        ('westus', 'West US', 'us west'),
        ('westus2', 'West US 2', 'us west 2'),
        ('westus3', 'West US 3', 'us west 3'),
        ('centralus', 'Central US', 'us central'),
        ('northcentralus', 'North Central US', 'us north central'),
        ('southcentralus', 'South Central US', 'us south central'),
        ('westcentralus', 'West Central US', 'us west central'),
        ('canadacentral', 'Canada Central', 'ca central'),
        ('canadaeast', 'Canada East', 'ca east'),
        ('mexicocentral', 'Mexico Central', 'mx central'),
        ('chilecentral', 'Chile Central', 'cl central'),
        ('northeurope', 'North Europe', 'eu north'),
        ('westeurope', 'West Europe', 'eu west'),
        ('uksouth', 'UK South', 'gb south'),
        ('ukwest', 'UK West', 'gb west'),
        ('francecentral', 'France Central', 'fr central'),
        ('francesouth', 'France South', 'fr south'),
        ('germanywestcentral', 'Germany West Central', 'de west central'),
        ('germanynorth', 'Germany North', 'de north'),
        ('switzerlandnorth', 'Switzerland North', 'ch north'),
        ('switzerlandwest', 'Switzerland West', 'ch west'),
        ('norwayeast', 'Norway East', 'no east'),
        ('norwaywest', 'Norway West', 'no west'),
        ('swedencentral', 'Sweden Central', 'se central'),
        ('swedensouth', 'Sweden South', 'se south'),
        ('polandcentral', 'Poland Central', 'pl central'),
        ('italynorth', 'Italy North', 'it north'),
        ('spaincentral', 'Spain Central', 'es central'),
        ('austriaeast', 'Austria East', 'at east'),
        ('uaenorth', 'UAE North', 'ae north'),
        ('uaecentral', 'UAE Central', 'ae central'),
        ('qatarcentral', 'Qatar Central', 'qa central'),
        ('israelcentral', 'Israel Central', 'il central'),
        ('southafricanorth', 'South Africa North', 'za north'),
        ('southafricawest', 'South Africa West', 'za west'),
        ('centralindia', 'Central India', 'in central'),
        ('southindia', 'South India', 'in south'),
        ('westindia', 'West India', 'in west'),
        ('jioindiawest', 'Jio India West', 'in west jio'),
        ('jioindiacentral', 'Jio India Central', 'in central jio'),
        ('southeastasia', 'Southeast Asia', 'ap southeast'),
        ('eastasia', 'East Asia', 'ap east'),
        ('japaneast', 'Japan East', 'ja east'),
        ('japanwest', 'Japan West', 'ja west'),
        ('koreacentral', 'Korea Central', 'kr central'),
        ('koreasouth', 'Korea South', 'kr south'),
        ('indonesiacentral', 'Indonesia Central', 'id central'),
        ('malaysiawest', 'Malaysia West', 'my west'),
        ('newzealandnorth', 'New Zealand North', 'nz north'),
        ('australiaeast', 'Australia East', 'au east'),
        ('australiasoutheast', 'Australia Southeast', 'au southeast'),
        ('australiacentral', 'Australia Central', 'au central'),
        ('australiacentral2', 'Australia Central 2', 'au central 2'),
        ('chinanorth', 'China North', 'cn north'),
        ('chinaeast', 'China East', 'cn east'),
        ('usgovvirginia', 'US Gov Virginia', 'usgov virginia'),
        ('usgovarizona', 'US Gov Arizona', 'usgov arizona'),
        ('usgovtexas', 'US Gov Texas', 'usgov tx'),
        ('global', 'Global', 'all regions')
    ) as t (region_id, region_name, meter_region)
),

units as (
    select * from (values
        ('hour', 'Hours'),
        ('hours', 'Hours'),
        ('hrs', 'Hours'),
        ('day', 'Days'),
        ('days', 'Days'),
        ('month', 'Months'),
        ('months', 'Months'),
        ('minute', 'Minutes'),
        ('minutes', 'Minutes'),
        ('second', 'Seconds'),
        ('seconds', 'Seconds'),
        ('unit', 'Units'),
        ('units', 'Units'),
        ('unassigned', 'Units'),
        ('count', 'Units'),
        ('gb', 'GB'),
        ('tb', 'TB'),
        ('mb', 'MB'),
        ('gib', 'GiB'),
        ('tib', 'TiB'),
        ('gb hour', 'GB-Hours'),
        ('gb hours', 'GB-Hours'),
        ('gib hour', 'GiB-Hours'),
        ('gib hours', 'GiB-Hours'),
        ('tb hour', 'TB-Hours'),
        ('tb hours', 'TB-Hours'),
        ('tib hour', 'TiB-Hours'),
        ('gb second', 'GB-Seconds'),
        ('gb seconds', 'GB-Seconds'),
        ('gib second', 'GiB-Seconds'),
        ('gb/month', 'GB-Months'),
        ('gb/day', 'GB-Days'),
        ('gb/hour', 'GB-Hours'),
        ('gib/month', 'GiB-Months'),
        ('gib/hour', 'GiB-Hours'),
        ('tb/month', 'TB-Months'),
        ('tib/month', 'TiB-Months'),
        ('tib/hour', 'TiB-Hours'),
        ('mb/month', 'MB-Months'),
        ('/month', 'Unit-Months'),
        ('/day', 'Unit-Days'),
        ('/hour', 'Unit-Hours'),
        ('/minute', 'Unit-Minutes'),
        ('/second', 'Unit-Seconds'),
        ('/year', 'Unit-Years'),
        ('1 hour', 'Hours'),
        ('user', 'Users'),
        ('users', 'Users'),
        ('maus', 'User-Months'),
        ('device', 'Devices'),
        ('devices', 'Devices'),
        ('node', 'Nodes'),
        ('nodes', 'Nodes'),
        ('request', 'Requests'),
        ('requests', 'Requests'),
        ('api calls', 'Requests'),
        ('transactions', 'Transactions'),
        ('operations', 'Operations'),
        ('messages', 'Messages'),
        ('events', 'Events'),
        ('queries', 'Queries'),
        ('calls', 'Calls'),
        ('key', 'Keys'),
        ('keys', 'Keys'),
        ('domain', 'Domains'),
        ('connection', 'Connections'),
        ('connections', 'Connections'),
        ('vm', 'Virtual Machines'),
        ('virtual machine', 'Virtual Machines'),
        ('instance hours', 'Hours'),
        ('core hours', 'Core-Hours'),
        ('vcore hours', 'vCore-Hours'),
        ('dbu hours', 'DBU-Hours'),
        ('dbus', 'DBU'),
        ('iops/month', 'IOPS-Months'),
        ('certificate', 'Certificates'),
        ('zones', 'Zones'),
        ('hosted zones', 'Zones'),
        ('endpoints', 'Endpoints'),
        ('service endpoints', 'Endpoints'),
        ('executions', 'Executions'),
        ('tokens', 'Tokens')
    ) as t (words, focus_unit)
),

-- Every generation of the export under one set of names.
delivered as (
    select
        export_type,
        lower(coalesce(chargetype, 'Usage'))                      as charge_type,
        coalesce(chargetype, 'Usage')                             as charge_type_delivered,
        lower(coalesce(pricingmodel, ''))                         as pricing_model,
        pricingmodel,
        lower(coalesce(subscriptionid, subscriptionguid, billingprofileid, billingaccountid, '')) as scope_key,
        lower(coalesce(billingprofileid, billingaccountid, subscriptionid, subscriptionguid, '')) as account_key,
        lower(coalesce(subscriptionid, subscriptionguid))         as subscription_id,
        subscriptionname, accountname,
        -- Only Microsoft Customer Agreements price in another currency and invoice a billing profile.
        coalesce(pricingcurrency, pricingcurrencycode) is not null or coalesce(billingaccountid, '') like '%:%' as is_mca,
        billingaccountid, billingaccountname, billingprofileid, billingprofilename,
        cv_decimal_rounded(coalesce(costinbillingcurrency, cost, pretaxcost)) as cost,
        cast(nullif(coalesce(costinbillingcurrency, cost, pretaxcost), '') as double) as cost_double,
        cv_decimal_rounded(costinpricingcurrency)                         as pricing_cost,
        cv_decimal_rounded(paygcostinbillingcurrency)                     as payg_cost,
        cv_decimal_rounded(coalesce(quantity, usagequantity))             as quantity,
        cast(nullif(coalesce(quantity, usagequantity), '') as double) as quantity_double,
        cv_decimal_rounded(unitprice)                                     as unit_price,
        cv_decimal_rounded(paygprice)                                     as payg_price,
        cv_decimal_rounded(exchangeratepricingtobilling)                  as exchange_rate,
        coalesce(billingcurrency, billingcurrencycode, currency, nullif($azure_currency, '')) as billing_currency,
        coalesce(pricingcurrency, pricingcurrencycode)            as pricing_currency,
        lower(coalesce(unitofmeasure, ''))                        as unit_of_measure,
        unitofmeasure,
        coalesce(date, usagedatetime)                             as date_text,
        lower(benefitid)                                          as benefit_id,
        benefitname, reservationname,
        lower(case
            when reservationid is not null and productorderid is not null
                then '/providers/microsoft.capacity/reservationorders/' || productorderid || '/reservations/' || reservationid
            else reservationid
        end)                                                      as reservation_id,
        nullif(lower(coalesce(resourceid, instanceid)), '')       as resource_id,
        coalesce(resourcename, nullif(cv_regexp_extract(coalesce(resourceid, instanceid), '([^/]+)/*$', 1), '')) as resource_name,
        lower(resourcetype)                                       as resource_type,
        nullif(coalesce(resourcelocation, location), 'Unassigned') as location,
        nullif(availabilityzone, '')                              as availability_zone,
        nullif(nullif(metercategory, ''), 'Unassigned')           as meter_category,
        nullif(nullif(metername, ''), 'Unassigned')               as meter_name,
        nullif(coalesce(productname, product), 'Unassigned')      as product_name,
        productid, meterid, partnumber, servicename, consumedservice, frequency, publishertype, term,
        nullif(publishername, '')                                 as publisher_name,
        nullif(partnername, '')                                   as partner_name,
        nullif(invoiceid, '')                                     as invoice_id,
        coalesce(invoicesectionname, invoicesection)              as invoice_section,
        nullif(costcenter, '')                                    as cost_center,
        coalesce(resourcegroupname, resourcegroup)                as resource_group,
        case
            when trim(tags) = '' then null
            when trim(tags) like '{%' then trim(tags)
            else '{' || trim(tags) || '}'
        end                                                       as tag_json,
        billing_period, source_file_name, source_row_number, raw_ingestion_id
    from bronze.azure_cost_details
    where billing_period >= $period_first
        and billing_period < $period_end
),

marked as (
    select
        *,
        pricing_model in ('reservation', 'savingsplan') or charge_type in ('unusedreservation', 'unusedsavingsplan')
            or (pricingmodel is null and coalesce(benefit_id, reservation_id) is not null) as is_commitment,
        charge_type in ('unusedreservation', 'unusedsavingsplan') as is_unused
    from delivered
),

-- Which rows make the bill. An actual row counts where no amortised export tells the same.
chosen as (
    select
        *,
        case
            when charge_type in ('usage', 'unusedreservation', 'unusedsavingsplan') then 'Usage'
            when charge_type in ('purchase', 'refund') then 'Purchase'
            when charge_type = 'tax' then 'Tax'
            when charge_type = 'credit' then 'Credit'
            else 'Adjustment'
        end                                                       as charge_category,
        case when charge_type = 'refund' then 'Correction' end    as charge_class,
        case when is_commitment then coalesce(benefit_id, reservation_id) end as commitment_id,
        pricing_model = 'savingsplan' or charge_type = 'unusedsavingsplan' or coalesce(benefit_id, '') like '%/microsoft.billingbenefits/%' as is_savings_plan,
        -- Blocks: "100 Hours", "10K", "1/Month". What cannot be read is one.
        coalesce(nullif(
            cast(coalesce(nullif(cv_regexp_extract(unit_of_measure, '^ *([0-9]{1,9})', 1), ''), '1') as bigint)
            * case
                when cv_regexp_matches(unit_of_measure, '^ *[0-9]+ *k([^a-z]|$)') then 1000
                when cv_regexp_matches(unit_of_measure, '^ *[0-9]+ *m([^a-z]|$)') then 1000000
                else 1
            end, 0), 1)                                           as block_size,
        trim(cv_regexp_remove(unit_of_measure, '^ *[0-9]+ *([km]([^a-z]|$))?')) as unit_words,
        case when date_text like '%/%' then cv_date_mdy(cv_split_part(date_text, ' ', 1)) else cv_date(date_text) end as charge_day,
        cv_from_json_map(tag_json)                                as tag_map
    from marked
    where case
        when export_type = 'amortized' then not (charge_type in ('purchase', 'refund') and is_commitment)
        when charge_type in ('purchase', 'refund') and is_commitment then true
        else scope_key not in (select scope_key from delivered where export_type = 'amortized')
    end
),

costed as (
    select
        *,
        case when is_commitment and charge_category = 'Usage' and export_type = 'amortized' then cast(0 as decimal(38, 21)) else cost end as billed,
        is_commitment and charge_category = 'Purchase'
            and account_key in (select account_key from delivered where export_type = 'amortized') as is_spread,
        -- Refunds correct an invoice, taxes and credits have no price: only the others are priced.
        charge_category in ('Usage', 'Purchase') and charge_class is null as is_priced,
        coalesce(case when is_mca then exchange_rate end, cast(1 as decimal(38, 21))) as rate,
        coalesce(pricing_currency, billing_currency)              as price_currency,
        coalesce(u.focus_unit, case when unit_words = '' then 'Units' end, unit_words) as unit_name
    from chosen
    left join units as u on u.words = unit_words
),

-- What the same quantity costs by the list and by the contract. What commitments cover is compared with the price on demand; a purchase, an
-- idle part and a price that Azure does not state cost what they cost.
compared as (
    select
        *,
        case when is_spread then cast(0 as decimal(38, 21)) else cost end as effective,
        case
            when not is_priced or is_unused or charge_category = 'Purchase' then cost
            when payg_cost <> 0 then payg_cost
            when payg_price <> 0 and payg_price = unit_price and not is_commitment and pricing_model <> 'spot' and not is_mca then cost
            when payg_price <> 0 then cv_product(cv_product(payg_price, rate), quantity)
            when is_commitment and unit_price <> 0 then cv_product(cv_product(unit_price, rate), quantity)
            else cost
        end                                                       as list,
        case
            when not is_priced or is_unused or not is_commitment or charge_category = 'Purchase' then cost
            when unit_price <> 0 then cv_product(cv_product(unit_price, rate), quantity)
            when payg_cost <> 0 then payg_cost
            when payg_price <> 0 then cv_product(cv_product(payg_price, rate), quantity)
            else cost
        end                                                       as contracted,
        case
            when block_size = 1 then quantity
            when block_size = 10 then cast(quantity * 0.1 as decimal(38, 21))
            when block_size = 100 then cast(quantity * 0.01 as decimal(38, 21))
            when block_size = 1000 then cast(quantity * 0.001 as decimal(38, 21))
            when block_size = 10000 then cast(quantity * 0.0001 as decimal(38, 21))
            when block_size = 100000 then cast(quantity * 0.00001 as decimal(38, 21))
            when block_size = 1000000 then cast(quantity * 0.000001 as decimal(38, 21))
            else cast(quantity_double / cast(block_size as double) as decimal(38, 21))
        end                                                       as block_quantity
    from costed
),

-- Priced by quantity and unit price; where there is no quantity, or it has another sign than the cost, by the amount at a price of 1.
priced as (
    select
        *,
        cast(list as double)                                      as list_double,
        cast(contracted as double)                                as contracted_double,
        is_priced and coalesce((quantity > 0 and list >= 0 and contracted >= 0) or (quantity < 0 and list <= 0 and contracted <= 0), false) as is_metered,
        cast(block_quantity as double)                            as block_double,
        cast(cv_product(payg_price, rate) * block_size as decimal(38, 21)) as list_rate,
        cast(cv_product(unit_price, rate) * block_size as decimal(38, 21)) as contract_rate
    from compared
),

unit_priced as (
    select
        *,
        case
            when not is_priced then null
            when not is_metered then case when list = contracted or contracted = 0 then cast(1 as decimal(38, 21)) else cast(list_double / contracted_double as decimal(38, 21)) end
            when abs(cast(list_rate as double) * block_double - list_double) <= 5e-10 then list_rate
            when abs(cast(contract_rate as double) * block_double - list_double) <= 5e-10 then contract_rate
            else cast(list_double / block_double as decimal(38, 21))
        end                                                       as list_unit_price,
        case
            when not is_priced then null
            when not is_metered then case when contracted = 0 and list <> 0 then cast(0 as decimal(38, 21)) else cast(1 as decimal(38, 21)) end
            when abs(cast(contract_rate as double) * block_double - contracted_double) <= 5e-10 then contract_rate
            when abs(cast(list_rate as double) * block_double - contracted_double) <= 5e-10 then list_rate
            else cast(contracted_double / block_double as decimal(38, 21))
        end                                                       as contracted_unit_price,
        case
            when block_size = 1 then unit_name
            else cast(block_size as varchar) || ' ' || unit_name
        end                                                       as pricing_unit,
        case
            when not is_commitment or commitment_id is null or not is_priced then null
            when not is_savings_plan then quantity
            when charge_category = 'Purchase' then cost
            else effective
        end                                                       as commitment_quantity,
        nullif(cv_regexp_extract(coalesce(resource_id, ''), '/providers/([^/]+/[^/]+)/', 1), '') as id_type,
        lower(replace(location, ' ', ''))                         as location_key
    from priced
)

select
    ---------- keys
    billing_period,
    'Azure'                                                       as x_Provider,
    source_file_name                                              as x_SourceFile,
    source_row_number                                             as x_SourceRow,
    'charge'                                                      as x_RowPart,
    raw_ingestion_id                                              as x_RawIngestionId,
    export_type                                                   as x_ExportType,
    charge_type_delivered                                         as x_ChargeType,

    ---------- money, in BillingCurrency
    billed                                                        as BilledCost,
    effective                                                     as EffectiveCost,
    list                                                          as ListCost,
    contracted                                                    as ContractedCost,
    billing_currency                                              as BillingCurrency,

    ---------- prices
    list_unit_price                                               as ListUnitPrice,
    contracted_unit_price                                         as ContractedUnitPrice,
    price_currency                                                as PricingCurrency,
    case
        when price_currency = billing_currency then list_unit_price
        when not is_priced then null
        when list_unit_price = list_rate and payg_price is not null then cast(payg_price * block_size as decimal(38, 21))
        else cast(cast(list_unit_price as double) / cast(rate as double) as decimal(38, 21))
    end                                                           as PricingCurrencyListUnitPrice,
    case
        when price_currency = billing_currency then contracted_unit_price
        when not is_priced then null
        when contracted_unit_price = contract_rate and unit_price is not null then cast(unit_price * block_size as decimal(38, 21))
        else cast(cast(contracted_unit_price as double) / cast(rate as double) as decimal(38, 21))
    end                                                           as PricingCurrencyContractedUnitPrice,
    case
        when price_currency = billing_currency then effective
        when is_spread then cast(0 as decimal(38, 21))
        else pricing_cost
    end                                                           as PricingCurrencyEffectiveCost,
    case
        when not is_priced then null
        when is_metered then block_quantity
        when contracted = 0 then list
        else contracted
    end                                                           as PricingQuantity,
    case when not is_priced then null when is_metered then pricing_unit else billing_currency end as PricingUnit,
    case
        when not is_priced then null
        when is_commitment and charge_category = 'Usage' then 'Committed'
        when charge_category = 'Purchase' or pricing_model in ('', 'ondemand') then 'Standard'
        when pricing_model = 'spot' then 'Dynamic'
        else 'Other'
    end                                                           as PricingCategory,
    case when charge_category = 'Usage' and not is_unused then coalesce(quantity, 0) end as ConsumedQuantity,
    case when charge_category = 'Usage' and not is_unused then unit_name end as ConsumedUnit,
    unitofmeasure                                                 as x_UnitOfMeasure,
    block_size                                                    as x_PricingBlockSize,
    exchange_rate                                                 as x_ExchangeRate,

    ---------- what it is
    charge_category                                               as ChargeCategory,
    charge_class                                                  as ChargeClass,
    case when is_unused then 'Unused: ' else '' end || coalesce(product_name, meter_name, meter_category, charge_type_delivered) as ChargeDescription,
    case
        when lower(frequency) = 'onetime' then 'One-Time'
        when lower(frequency) = 'recurring' then 'Recurring'
        when lower(frequency) = 'usagebased' or charge_category = 'Usage' then 'Usage-Based'
        else 'One-Time'
    end                                                           as ChargeFrequency,
    cv_day_start(coalesce(charge_day, billing_period))            as ChargePeriodStart,
    cv_day_start(cv_add_days(coalesce(charge_day, billing_period), 1)) as ChargePeriodEnd,
    coalesce(s.service_category, 'Other')                         as ServiceCategory,
    coalesce(s.service_subcategory, 'Other (Other)')              as ServiceSubcategory,
    coalesce(s.service, meter_category, servicename, product_name, consumedservice, charge_type_delivered) as ServiceName,
    case when is_priced then coalesce(productid, meterid, partnumber, product_name, meter_category, charge_type_delivered) end as SkuId,
    case when is_priced then coalesce(meter_name, product_name, meter_category, charge_type_delivered) end as SkuMeter,
    case
        when is_priced then coalesce(productid, meterid, partnumber, product_name, meter_category, charge_type_delivered)
            || '.' || coalesce(meterid, '') || '.' || coalesce(pricingmodel, 'OnDemand') || coalesce('.' || nullif(term, ''), '')
    end                                                           as SkuPriceId,
    cast(null as varchar)                                         as SkuPriceDetails,
    pricingmodel                                                  as x_PricingModel,

    ---------- who and where
    coalesce(partner_name, 'Microsoft')                           as InvoiceIssuerName,
    coalesce(partner_name, 'Microsoft')                           as ProviderName,
    'Microsoft'                                                   as ServiceProviderName,
    'Microsoft'                                                   as HostProviderName,
    coalesce(publisher_name, 'Microsoft')                         as PublisherName,
    publishertype                                                 as x_PublisherType,
    invoice_id                                                    as InvoiceId,
    case when is_mca then coalesce(billingprofileid, billingaccountid, subscription_id) else coalesce(billingaccountid, subscription_id) end as BillingAccountId,
    case
        when is_mca and billingprofileid is not null then coalesce(billingprofilename, billingprofileid)
        when billingaccountid is not null then coalesce(billingaccountname, billingaccountid)
        else coalesce(subscriptionname, subscription_id)
    end                                                           as BillingAccountName,
    case
        when is_mca and billingprofileid is not null then 'Billing Profile'
        when billingaccountid is not null then 'Billing Account'
        else 'Subscription'
    end                                                           as BillingAccountType,
    subscription_id                                               as SubAccountId,
    case when subscription_id is not null then coalesce(subscriptionname, subscription_id) end as SubAccountName,
    case when subscription_id is not null then 'Subscription' end as SubAccountType,
    cv_day_start(billing_period)                                  as BillingPeriodStart,
    cv_day_start(cv_add_months(billing_period, 1))                as BillingPeriodEnd,
    coalesce(r.region_id, m.region_id, nullif(location_key, ''))  as RegionId,
    coalesce(r.region_name, m.region_name, nullif(location, ''))  as RegionName,
    case when charge_category = 'Usage' and not is_unused then availability_zone end as AvailabilityZone,
    case when charge_category = 'Purchase' or is_unused then coalesce(commitment_id, resource_id) else resource_id end as ResourceId,
    case
        when commitment_id is not null and (charge_category = 'Purchase' or is_unused) then coalesce(benefitname, reservationname)
        else resource_name
    end                                                           as ResourceName,
    case
        when commitment_id is not null and (charge_category = 'Purchase' or is_unused)
            then case when is_savings_plan then 'Savings Plan' else 'Reservation' end
        when resource_id is not null then coalesce(id_type, resource_type, 'resource')
    end                                                           as ResourceType,
    tag_map                                                       as Tags,
    case when tag_map is null then tag_json end                   as x_UnreadTags,
    resource_group                                                as x_ResourceGroup,
    cost_center                                                   as x_CostCenter,
    invoice_section                                               as x_InvoiceSection,

    ---------- commitments
    commitment_id                                                 as CommitmentDiscountId,
    case when commitment_id is not null then coalesce(benefitname, reservationname) end as CommitmentDiscountName,
    case when commitment_id is not null then case when is_savings_plan then 'Spend' else 'Usage' end end as CommitmentDiscountCategory,
    case when commitment_id is not null then case when is_savings_plan then 'Savings Plan' else 'Reservation' end end as CommitmentDiscountType,
    case
        when commitment_id is null or charge_category <> 'Usage' then null
        when is_unused then 'Unused'
        else 'Used'
    end                                                           as CommitmentDiscountStatus,
    commitment_quantity                                           as CommitmentDiscountQuantity,
    case
        when commitment_quantity is not null then case when is_savings_plan then billing_currency else unit_name end
    end                                                           as CommitmentDiscountUnit
from unit_priced
left join services as s on lower(s.service) = lower(meter_category)
left join regions as r on r.region_id = location_key
left join regions as m on m.meter_region = lower(location)
