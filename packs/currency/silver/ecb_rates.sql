-- Reference rates of the European Central Bank, one row a day and currency: one euro costs rate of it.
-- Source: ECB, eurofxref-hist.csv: a column for each currency, N/A where there was no rate.
with days as (
    select
        rate_month,
        cv_date(rate_date)   as rate_date,
        rates,
        cv_map_keys(rates)   as currency,
        source_file_name,
        source_row_number
    from bronze.ecb_rates
    where rate_month >= $period_first
        and rate_month < $period_end
),

quoted as (
    select
        rate_month, rate_date, trim(currency) as currency, trim(cv_map_get(rates, currency)) as rate, source_file_name, source_row_number
    from days
)

select
    rate_month                                        as billing_period,
    rate_date,
    'EUR'                                             as base,
    currency                                          as quote,
    cast(cv_decimal(rate) as decimal(20,12))          as rate,
    'ECB'                                             as source,
    2                                                 as priority,
    min(source_file_name)                             as x_SourceFile,
    min(source_row_number)                            as x_SourceRow
from quoted
where rate not in ('N/A', '')
    and currency <> ''
group by rate_month, rate_date, currency, rate
