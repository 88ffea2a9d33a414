-- Records of Magalu Cloud's consumption API in FOCUS columns, one row per record. It has 11 columns of FOCUS 1.0; what they do not say is null,
-- or follows from them: all of it is usage, billed in the month, at one cost.
-- Source: Magalu Cloud, consumption API, GET /consumption/usage; FOCUS 1.2, section EffectiveCost.
select
    ---------- keys
    billing_period,
    'Magalu'                                          as x_Provider,
    source_file_name                                  as x_SourceFile,
    source_row_number                                 as x_SourceRow,
    'charge'                                          as x_RowPart,
    raw_ingestion_id                                  as x_RawIngestionId,

    ---------- money
    cv_decimal(BilledCost)                            as BilledCost,
    cv_decimal(BilledCost)                            as EffectiveCost,
    cv_decimal(BilledCost)                            as ListCost,
    cv_decimal(BilledCost)                            as ContractedCost,
    nullif(BillingCurrency, '')                       as BillingCurrency,
    nullif(BillingCurrency, '')                       as PricingCurrency,
    cv_decimal(BilledCost)                            as PricingCurrencyEffectiveCost,
    cv_decimal(ConsumedQuantity)                      as PricingQuantity,
    ConsumedUnit                                      as PricingUnit,
    'Standard'                                        as PricingCategory,
    cv_decimal(ConsumedQuantity)                      as ConsumedQuantity,
    ConsumedUnit,

    ---------- what it is
    'Usage'                                           as ChargeCategory,
    cast(null as varchar)                             as ChargeClass,
    SkuId                                             as ChargeDescription,
    'Usage-Based'                                     as ChargeFrequency,
    cv_timestamp(ChargePeriodStart)                   as ChargePeriodStart,
    cv_timestamp(ChargePeriodEnd)                     as ChargePeriodEnd,
    'Other'                                           as ServiceCategory,
    'Other (Other)'                                   as ServiceSubcategory,
    coalesce(ProviderName, 'Magalu Cloud')            as ServiceName,
    SkuId,
    SkuId                                             as SkuPriceId,

    ---------- who
    coalesce(ProviderName, 'Magalu Cloud')            as InvoiceIssuerName,
    coalesce(ProviderName, 'Magalu Cloud')            as ProviderName,
    coalesce(ProviderName, 'Magalu Cloud')            as ServiceProviderName,
    coalesce(ProviderName, 'Magalu Cloud')            as HostProviderName,
    coalesce(ProviderName, 'Magalu Cloud')            as PublisherName,
    BillingAccountId,
    BillingAccountId                                  as BillingAccountName,
    'Account'                                         as BillingAccountType,
    cv_timestamp(BillingPeriodStart)                  as BillingPeriodStart,
    cv_timestamp(BillingPeriodEnd)                    as BillingPeriodEnd
from bronze.magalu_consumption
where billing_period >= $period_first
    and billing_period < $period_end
