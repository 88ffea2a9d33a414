-- Reservations and savings plans that a month's rows name, one row each. What was committed stands in the purchase: one that is paid at once says when the
-- term begins; of one that is paid by the month a row says neither when it began nor how many payments are left.
-- Sources: FOCUS 1.3, dataset ContractCommitment; Microsoft, "Cost and usage details file schema" (Term, Frequency, BenefitId).
with delivered as (
    select
        billing_period,
        lower(coalesce(chargetype, 'usage'))                      as charge_type,
        lower(coalesce(pricingmodel, ''))                         as pricing_model,
        pricingmodel,
        lower(coalesce(frequency, ''))                            as payment_frequency,
        lower(benefitid)                                          as benefit_id,
        coalesce(benefitname, reservationname)                    as commitment_name,
        lower(case
            when reservationid is not null and productorderid is not null
                then '/providers/microsoft.capacity/reservationorders/' || productorderid || '/reservations/' || reservationid
            else reservationid
        end)                                                      as reservation_id,
        lower(productorderid)                                     as order_id,
        productordername,
        upper(trim(coalesce(term, '')))                           as term_text,
        coalesce(date, usagedatetime)                             as date_text,
        cv_decimal_rounded(coalesce(costinbillingcurrency, cost, pretaxcost)) as cost,
        cv_decimal_rounded(coalesce(quantity, usagequantity))     as quantity,
        coalesce(billingcurrency, billingcurrencycode, currency, nullif($azure_currency, '')) as billing_currency,
        coalesce(nullif(partnername, ''), 'Microsoft')            as issuer,
        export_type
    from bronze.azure_cost_details
    where billing_period >= $period_first
        and billing_period < $period_end
),

lines as (
    select
        *,
        coalesce(benefit_id, reservation_id)                      as commitment_id,
        pricing_model = 'savingsplan' or charge_type = 'unusedsavingsplan' or coalesce(benefit_id, '') like '%/microsoft.billingbenefits/%' as is_savings_plan,
        case when date_text like '%/%' then cv_date_mdy(cv_split_part(date_text, ' ', 1)) else cv_date(date_text) end as charge_day,
        case
            when term_text in ('P1M', '1', '1 MONTH') then 1
            when term_text in ('P1Y', '12', '1 YEAR', '12 MONTHS') then 12
            when term_text in ('P3Y', '36', '3 YEARS', '36 MONTHS') then 36
            when term_text in ('P5Y', '60', '5 YEARS', '60 MONTHS') then 60
        end                                                       as term_months
    from delivered
    where (pricing_model in ('reservation', 'savingsplan') or charge_type in ('unusedreservation', 'unusedsavingsplan')
            or (pricingmodel is null and coalesce(benefit_id, reservation_id) is not null))
        and coalesce(benefit_id, reservation_id) is not null
),

commitments as (
    select
        billing_period, commitment_id, is_savings_plan,
        max(commitment_name)                                      as commitment_name,
        max(productordername)                                     as order_name,
        max(order_id)                                             as order_id,
        max(billing_currency)                                     as billing_currency,
        max(issuer)                                               as issuer,
        max(term_months)                                          as term_months,
        max(case when charge_type = 'purchase' then payment_frequency end) as payment_frequency,
        min(case when charge_type = 'purchase' and export_type = 'actual' and payment_frequency = 'onetime' then charge_day end) as bought_on,
        sum(case when charge_type = 'purchase' and export_type = 'actual' and payment_frequency = 'onetime' then cost end) as paid_at_once,
        sum(case when charge_type = 'purchase' and export_type = 'actual' and payment_frequency = 'onetime' then quantity end) as bought_quantity
    from lines
    group by billing_period, commitment_id, is_savings_plan
),

timed as (
    select *, case when term_months is not null then cv_add_months(bought_on, term_months) end as term_end
    from commitments
)

select
    billing_period,
    'Azure'                                                       as x_Provider,
    commitment_id                                                 as ContractCommitmentId,
    case when is_savings_plan then 'Spend' else 'Usage' end       as ContractCommitmentCategory,
    case when is_savings_plan then 'Savings Plan' else 'Reservation' end as ContractCommitmentType,
    nullif(concat_ws(', ', coalesce(commitment_name, order_name), cast(term_months as varchar) || ' months'), '') as ContractCommitmentDescription,
    cv_day_start(bought_on)                                       as ContractCommitmentPeriodStart,
    cv_day_start(term_end)                                        as ContractCommitmentPeriodEnd,
    case when is_savings_plan then paid_at_once end               as ContractCommitmentCost,
    case when not is_savings_plan then cv_product(bought_quantity, cv_date_diff_days(bought_on, term_end) * 24) end as ContractCommitmentQuantity,
    case when not is_savings_plan and bought_quantity is not null and term_end is not null then 'Hours' end as ContractCommitmentUnit,
    coalesce(order_id, commitment_id)                             as ContractId,
    cv_day_start(bought_on)                                       as ContractPeriodStart,
    cv_day_start(term_end)                                        as ContractPeriodEnd,
    billing_currency                                              as BillingCurrency,
    'Discount'                                                    as ContractCommitmentBenefitCategory,
    'Hourly'                                                      as ContractCommitmentFulfillmentInterval,
    case payment_frequency when 'onetime' then 'One-Time' when 'recurring' then 'Monthly' end as ContractCommitmentPaymentInterval,
    issuer                                                        as InvoiceIssuerName,
    'Microsoft'                                                   as ServiceProviderName
from timed
