-- What each invoice adds up to by billing account and kind of charge, as the bill tells it. One row per combination that has charges.
-- Source: FOCUS 1.4, dataset InvoiceDetail. Due dates, terms and purchase orders stand on the invoice itself and in no bill.
with invoiced as (
    select
        billing_period, InvoiceIssuerName, InvoiceId, BillingAccountId, BillingCurrency, ChargeCategory,
        max(BillingPeriodStart)                                       as BillingPeriodStart,
        max(BillingPeriodEnd)                                         as BillingPeriodEnd,
        sum(BilledCost)                                               as BilledCost,
        count(*)                                                      as charge_count
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and InvoiceId is not null
    group by billing_period, InvoiceIssuerName, InvoiceId, BillingAccountId, BillingCurrency, ChargeCategory
)

select
    billing_period,
    InvoiceId || '/' || coalesce(InvoiceIssuerName, '') || '/' || cv_month(billing_period) || '/' || BillingAccountId || '/' || BillingCurrency || '/' || ChargeCategory
        as InvoiceDetailId,
    InvoiceId,
    InvoiceIssuerName,
    'Issued'                                                          as InvoiceIssueStatus,
    cv_to_json(cv_map('BillingAccountId', BillingAccountId, 'BillingCurrency', BillingCurrency, 'BillingPeriod', cv_month(billing_period), 'ChargeCategory', ChargeCategory))
        as InvoiceDetailGrain,
    BillingAccountId,
    BillingPeriodStart,
    BillingPeriodEnd,
    BillingCurrency,
    ChargeCategory,
    BilledCost,
    charge_count
from invoiced
