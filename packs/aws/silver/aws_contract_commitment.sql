-- Reservations and savings plans that a month's lines name, one row each: what was committed, for how long and on which terms.
-- Sources: FOCUS 1.3, dataset ContractCommitment; AWS CUR data dictionary, "Reservation details" and "Savings Plans details". A plan's fee line says
-- what it commits to in the line's hours, a reservation's how many units it reserves: by the hours of the term that is the whole commitment.
with lines as (
    select
        billing_period,
        coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n) as commitment_id,
        savings_plan_savings_plan_a_r_n is not null               as is_savings_plan,
        line_item_line_item_type                                  as line_type,
        line_item_line_item_description                           as description,
        line_item_currency_code                                   as currency,
        coalesce(bill_invoicing_entity, bill_billing_entity, 'AWS') as issuer,
        reservation_subscription_id                               as subscription_id,
        savings_plan_offering_type                                as offering,
        savings_plan_purchase_term                                as purchase_term,
        coalesce(savings_plan_payment_option, pricing_purchase_option) as payment,
        cv_timestamp(coalesce(savings_plan_start_time, reservation_start_time)) as term_start,
        cv_timestamp(coalesce(savings_plan_end_time, reservation_end_time)) as term_end,
        cv_decimal(reservation_number_of_reservations)            as reservations,
        case when line_item_line_item_type = 'SavingsPlanRecurringFee' then cv_decimal(savings_plan_total_commitment_to_date) end as committed_cost,
        case when line_item_line_item_type = 'RIFee' then cv_decimal(reservation_total_reserved_units) end as reserved_units,
        cv_timestamp(line_item_usage_start_date)                  as line_start,
        cv_timestamp(line_item_usage_end_date)                    as line_end
    from bronze.aws_cur_line_items
    where billing_period >= $period_first
        and billing_period < $period_end
        and (savings_plan_savings_plan_a_r_n is not null or reservation_reservation_a_r_n is not null)
),

-- An end may be the last second or the first moment after it: both are the same number of whole hours.
timed as (
    select
        *,
        floor((cv_date_diff_days(line_start, line_end) * 1440 + (hour(line_end) - hour(line_start)) * 60 + minute(line_end) - minute(line_start) + 30) / 60) as line_hours,
        floor((cv_date_diff_days(term_start, term_end) * 1440 + (hour(term_end) - hour(term_start)) * 60 + minute(term_end) - minute(term_start) + 30) / 60) as term_hours
    from lines
),

commitments as (
    select
        billing_period, commitment_id, is_savings_plan,
        max(currency)                                             as currency,
        max(issuer)                                               as issuer,
        max(subscription_id)                                      as subscription_id,
        max(offering)                                             as offering,
        max(purchase_term)                                        as purchase_term,
        max(payment)                                              as payment,
        max(case when line_type in ('RIFee', 'Fee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') then description end) as description,
        min(term_start)                                           as term_start,
        max(term_end)                                             as term_end,
        max(term_hours)                                           as term_hours,
        max(reservations)                                         as reservations,
        sum(committed_cost)                                       as committed_cost,
        sum(case when committed_cost is not null then line_hours end) as committed_hours,
        sum(reserved_units)                                       as reserved_units,
        sum(case when reserved_units is not null then line_hours end) as reserved_hours
    from timed
    group by billing_period, commitment_id, is_savings_plan
),

counted as (
    select *, round(coalesce(cast(reservations as double), cv_ratio(reserved_units, reserved_hours))) as reserved_count
    from commitments
)

select
    billing_period,
    'AWS'                                                         as x_Provider,
    commitment_id                                                 as ContractCommitmentId,
    case when is_savings_plan then 'Spend' else 'Usage' end       as ContractCommitmentCategory,
    case when is_savings_plan then 'Savings Plan' else 'Reserved Instance' end as ContractCommitmentType,
    coalesce(nullif(concat_ws(', ', offering, purchase_term, case when is_savings_plan then payment end), ''), description) as ContractCommitmentDescription,
    term_start                                                    as ContractCommitmentPeriodStart,
    term_end                                                      as ContractCommitmentPeriodEnd,
    -- AWS sells plans in steps of 0.001 an hour: nine digits hold what one hour commits to exactly.
    case when is_savings_plan then cv_product(cast(cv_ratio(committed_cost, committed_hours) as decimal(18, 9)), term_hours) end as ContractCommitmentCost,
    case when not is_savings_plan then cv_product(reserved_count, term_hours) end as ContractCommitmentQuantity,
    case when not is_savings_plan and reserved_count * term_hours is not null then 'Hours' end as ContractCommitmentUnit,
    coalesce(subscription_id, commitment_id)                      as ContractId,
    term_start                                                    as ContractPeriodStart,
    term_end                                                      as ContractPeriodEnd,
    currency                                                      as BillingCurrency,
    'Discount'                                                    as ContractCommitmentBenefitCategory,
    'Hourly'                                                      as ContractCommitmentFulfillmentInterval,
    case when payment in ('All Upfront', 'No Upfront', 'Partial Upfront') then payment end as ContractCommitmentPaymentModel,
    issuer                                                        as InvoiceIssuerName,
    issuer                                                        as ServiceProviderName
from counted
