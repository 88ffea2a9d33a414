-- Committed use that a month's lines name, one row per kind of commitment. Google's billing export tells neither when a term began nor what it commits to
-- in all: those columns are left out. Source: FOCUS 1.3, dataset ContractCommitment.
select
    billing_period,
    'Google Cloud'                                                as x_Provider,
    commitment                                                    as ContractCommitmentId,
    case when commitment like '%/spend' then 'Spend' else 'Usage' end as ContractCommitmentCategory,
    'Committed Use Discount'                                      as ContractCommitmentType,
    max(fee_name)                                                 as ContractCommitmentDescription,
    coalesce(max(subscription_code), commitment)                  as ContractId,
    max(currency)                                                 as BillingCurrency,
    'Discount'                                                    as ContractCommitmentBenefitCategory,
    'Google Cloud'                                                as InvoiceIssuerName,
    'Google Cloud'                                                as ServiceProviderName
from silver.gcp_commitments
where billing_period >= $period_first
    and billing_period < $period_end
group by billing_period, commitment
