-- Commitments, one row each: what the newest bill that knows a column says of it. A month tells what was committed when it was bought, later ones only who uses it.
-- Source: FOCUS 1.3 and 1.4, dataset ContractCommitment.
with commitments as (
    select *, coalesce(billing_period, make_date(1, 1, 1)) as told_in
    from silver.focus_contract_commitment
)

select
    x_Provider,
    max_by(BillingCurrency, case when BillingCurrency is not null then told_in end) as BillingCurrency,
    max_by(ContractCommitmentApplicability, case when ContractCommitmentApplicability is not null then told_in end) as ContractCommitmentApplicability,
    max_by(ContractCommitmentBenefitCategory, case when ContractCommitmentBenefitCategory is not null then told_in end) as ContractCommitmentBenefitCategory,
    max_by(ContractCommitmentCategory, case when ContractCommitmentCategory is not null then told_in end) as ContractCommitmentCategory,
    max_by(ContractCommitmentCost, case when ContractCommitmentCost is not null then told_in end) as ContractCommitmentCost,
    max_by(ContractCommitmentCreated, case when ContractCommitmentCreated is not null then told_in end) as ContractCommitmentCreated,
    max_by(ContractCommitmentDescription, case when ContractCommitmentDescription is not null then told_in end) as ContractCommitmentDescription,
    max_by(ContractCommitmentDiscountPercentage, case when ContractCommitmentDiscountPercentage is not null then told_in end) as ContractCommitmentDiscountPercentage,
    max_by(ContractCommitmentDurationType, case when ContractCommitmentDurationType is not null then told_in end) as ContractCommitmentDurationType,
    max_by(ContractCommitmentFulfillmentInterval, case when ContractCommitmentFulfillmentInterval is not null then told_in end) as ContractCommitmentFulfillmentInterval,
    ContractCommitmentId,
    max_by(ContractCommitmentLastUpdated, case when ContractCommitmentLastUpdated is not null then told_in end) as ContractCommitmentLastUpdated,
    max_by(ContractCommitmentLifecycleStatus, case when ContractCommitmentLifecycleStatus is not null then told_in end) as ContractCommitmentLifecycleStatus,
    max_by(ContractCommitmentModel, case when ContractCommitmentModel is not null then told_in end) as ContractCommitmentModel,
    max_by(ContractCommitmentOfferCategory, case when ContractCommitmentOfferCategory is not null then told_in end) as ContractCommitmentOfferCategory,
    max_by(ContractCommitmentPaymentInterval, case when ContractCommitmentPaymentInterval is not null then told_in end) as ContractCommitmentPaymentInterval,
    max_by(ContractCommitmentPaymentModel, case when ContractCommitmentPaymentModel is not null then told_in end) as ContractCommitmentPaymentModel,
    max_by(ContractCommitmentPaymentUpfrontPercentage, case when ContractCommitmentPaymentUpfrontPercentage is not null then told_in end) as ContractCommitmentPaymentUpfrontPercentage,
    max_by(ContractCommitmentPeriodEnd, case when ContractCommitmentPeriodEnd is not null then told_in end) as ContractCommitmentPeriodEnd,
    max_by(ContractCommitmentPeriodStart, case when ContractCommitmentPeriodStart is not null then told_in end) as ContractCommitmentPeriodStart,
    max_by(ContractCommitmentQuantity, case when ContractCommitmentQuantity is not null then told_in end) as ContractCommitmentQuantity,
    max_by(ContractCommitmentType, case when ContractCommitmentType is not null then told_in end) as ContractCommitmentType,
    max_by(ContractCommitmentUnit, case when ContractCommitmentUnit is not null then told_in end) as ContractCommitmentUnit,
    max_by(ContractId, case when ContractId is not null then told_in end) as ContractId,
    max_by(ContractPeriodEnd, case when ContractPeriodEnd is not null then told_in end) as ContractPeriodEnd,
    max_by(ContractPeriodStart, case when ContractPeriodStart is not null then told_in end) as ContractPeriodStart,
    max_by(InvoiceIssuerName, case when InvoiceIssuerName is not null then told_in end) as InvoiceIssuerName,
    max_by(PricingCurrency, case when PricingCurrency is not null then told_in end) as PricingCurrency,
    max_by(PricingCurrencyContractCommitmentCost, case when PricingCurrencyContractCommitmentCost is not null then told_in end) as PricingCurrencyContractCommitmentCost,
    max_by(ServiceProviderName, case when ServiceProviderName is not null then told_in end) as ServiceProviderName,
    min(billing_period) as x_FirstBillingPeriod,
    max(billing_period) as x_LastBillingPeriod
from commitments
group by x_Provider, ContractCommitmentId
