-- Purchases, one row per customer and day: of the valid records the latest ingested, and every invalid record, which the contract sets
-- aside. Clear-text personal data ends here.
with trimmed as (
    select
        nullif(trim(customer_id), '')          as customer_id,
        nullif(trim(cpf), '')                  as cpf,
        nullif(trim(email), '')                as email,
        nullif(trim(credit_card_number), '')   as credit_card_number,
        trim(purchase_date)                    as purchase_text,
        trim(total_amount)                     as amount_text,
        nullif(trim(store_location), '')       as store_location,
        nullif(trim(product), '')              as product,
        source_file_name,
        source_row_number,
        ingestion_timestamp,
        raw_ingestion_id
    from bronze.retail_purchases
),

-- The day is the one the store's clock showed: a time and its zone behind the date do not move it.
spelled as (
    select
        *,
        case
            when cv_regexp_matches(purchase_text, '^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?$') then left(purchase_text, 10)
            when cv_regexp_matches(purchase_text, '^[0-9]{2}/[0-9]{2}/[0-9]{4}( .*)?$')
                then substring(purchase_text, 7, 4) || '-' || substring(purchase_text, 4, 2) || '-' || substring(purchase_text, 1, 2)
        end as purchase_day,
        case
            when cv_regexp_matches(amount_text, '^-?[0-9.]*,[0-9]{1,2}$') then replace(replace(amount_text, '.', ''), ',', '.')
            else amount_text
        end as amount
    from trimmed
),

-- Reais have cents: an amount with more digits is not rounded but left out, and so set aside.
typed as (
    select
        *,
        cv_try_date(purchase_day) as purchase_date,
        case when abs(cv_try_decimal(amount)) < 1000000000000000 and cv_try_decimal(amount) = cast(round(cv_try_decimal(amount), 2) as decimal(38,21))
             then cast(round(cv_try_decimal(amount), 2) as decimal(18,2)) end as total_amount
    from spelled
),

masked as (
    select
        ---------- who
        customer_id,
        case when $mask_method = 'sha256' then cv_sha256(cpf)
             else cv_keyed_hash(cv_regexp_remove(cpf, '[^0-9]')) end                  as cpf_masked,
        cv_valid_cpf(cpf)                                                           as cpf_valid,
        cv_mask_email(email)                                                        as email_masked,
        cv_regexp_matches(email, '^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*[.][A-Za-z]{2,}$') as email_valid,
        case when $mask_method = 'sha256' then cv_sha256(credit_card_number)
             else cv_keyed_hash(cv_regexp_remove(credit_card_number, '[^0-9]')) end   as credit_card_masked,

        ---------- what
        purchase_date,
        total_amount,
        store_location,
        cv_contains('|' || $store_locations || '|', '|' || store_location || '|')   as store_known,
        product,
        total_amount >= $high_value_threshold                                       as high_value_purchase,

        ---------- where from
        source_file_name,
        source_row_number,
        ingestion_timestamp,
        raw_ingestion_id
    from typed
),

judged as (
    select
        *,
        coalesce(customer_id is not null and cpf_valid and coalesce(email_valid, true) and purchase_date is not null and total_amount >= 0
            and store_known, false) as is_valid
    from masked
),

numbered as (
    select
        *,
        row_number() over (
            partition by customer_id, purchase_date, is_valid
            order by ingestion_timestamp desc nulls last, source_file_name desc nulls last, source_row_number desc nulls last
        ) as position
    from judged
)

select
    customer_id,
    cpf_masked,
    cpf_valid,
    email_masked,
    email_valid,
    credit_card_masked,
    purchase_date,
    total_amount,
    store_location,
    store_known,
    product,
    high_value_purchase,
    source_file_name,
    source_row_number,
    ingestion_timestamp,
    raw_ingestion_id
from numbered
where position = 1 or not is_valid
