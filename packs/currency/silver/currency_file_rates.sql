-- Rates of your own, one row a day and pair. The same rate of a pair written twice counts once.
with rates as (
    select
        rate_month as billing_period,
        cv_date(date)                                    as rate_date,
        upper(trim(base))                                as base,
        upper(trim(quote))                               as quote,
        cast(cv_decimal(rate) as decimal(20,12))         as rate,
        source_file_name                                 as x_SourceFile,
        source_row_number                                as x_SourceRow
    from bronze.currency_file_rates
    where rate_month >= $period_first
        and rate_month < $period_end
)

select
    billing_period,
    rate_date,
    base,
    quote,
    rate,
    'file'             as source,
    1                  as priority,
    min(x_SourceFile)  as x_SourceFile,
    min(x_SourceRow)   as x_SourceRow
from rates
group by billing_period, rate_date, base, quote, rate
