-- The customer base, one row per customer: of the valid records the latest ingested, and every invalid record, which the contract
-- sets aside. Clear-text personal data ends here.
with trimmed as (
    select
        nullif(trim(customer_id), '')          as customer_id,
        nullif(trim(cpf), '')                  as cpf,
        nullif(trim(email), '')                as email,
        nullif(trim(credit_card_number), '')   as credit_card_number,
        nullif(trim(city), '')                 as city,
        left(registered_at, 10)                as registered_day,
        source_file_name,
        source_row_number,
        ingestion_timestamp,
        raw_ingestion_id
    from bronze.retail_customers
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
        city,
        case when cv_regexp_matches(registered_day, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') then cv_try_date(registered_day) end as registered_on,

        ---------- where from
        source_file_name,
        source_row_number,
        ingestion_timestamp,
        raw_ingestion_id
    from trimmed
),

judged as (
    select
        *,
        coalesce(customer_id is not null and cpf_valid and coalesce(email_valid, true), false) as is_valid
    from masked
),

numbered as (
    select
        *,
        row_number() over (
            partition by customer_id, is_valid
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
    city,
    registered_on,
    source_file_name,
    source_row_number,
    ingestion_timestamp,
    raw_ingestion_id
from numbered
where position = 1 or not is_valid
