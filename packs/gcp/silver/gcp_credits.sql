-- Credits of Google's export, one row per credit of a line. What a credit is stands in its type, in old exports in its name.
with elements as (
    select
        billing_period, x_SourceFile, x_SourceRow, x_RawIngestionId, billing_account_id, currency, project_code, service_name, sku_name, credit_member,
        cv_json_elements(credits)                                 as credit
    from silver.gcp_billing_lines
    where billing_period >= $period_first
        and billing_period < $period_end
        and credits is not null
)

select
    billing_period, x_SourceFile, x_SourceRow,
    row_number() over (partition by x_SourceFile, x_SourceRow order by credit nulls last) as x_CreditNumber,
    x_RawIngestionId, billing_account_id, currency, project_code, service_name, sku_name,
    coalesce(cv_json_text(credit, '$.type'), cv_json_text(credit, '$.name')) as credit_type,
    cv_json_text(credit, '$.id')                                  as credit_id,
    coalesce(cv_json_text(credit, '$.full_name'), cv_json_text(credit, '$.name')) as credit_name,
    cv_decimal(cv_json_text(credit, '$.amount'))                  as amount,
    coalesce(cv_regexp_matches(cv_json_text(credit, '$.' || credit_member), '(?i)^(committed.us(e|age).discount|fee.utilization.offset|sustained.us(e|age).discount|discount$|spending.based.discount|free.tier|subscription.benefit|reseller.margin)'), false) as is_discount
from elements
