-- PTAX closing rates of Banco Central do Brasil, one row a day and currency: one unit of it costs rate reais.
-- Source: BCB, olinda CotacaoDolarPeriodo and CotacaoMoedaPeriodo (JSON), and the closing file of the day (CSV, decimal comma, without header).
-- JSON names no currency: the file's name does (ptax_EUR.json), else it is the dollar, save where the row has what only other currencies have.
with closing as (
    select
        rate_month,
        case
            when cv_regexp_matches(quoted_at, '^[0-9]{4}-') then cv_date(substring(quoted_at, 1, 10))
            else cv_date_dmy(cv_regexp_extract(quoted_at, '^([0-9]{2})/?[0-9]{2}/?[0-9]{4}', 1) || '/'
                || cv_regexp_extract(quoted_at, '^[0-9]{2}/?([0-9]{2})/?[0-9]{4}', 1) || '/'
                || cv_regexp_extract(quoted_at, '^[0-9]{2}/?[0-9]{2}/?([0-9]{4})', 1))
        end as rate_date,
        coalesce(
            upper(trim(nullif(currency, ''))),
            nullif(cv_regexp_extract(source_file_name, '(?:^|[^A-Za-z])([A-Z]{3})[^A-Za-z/]*[.]json[^/]*$', 1), ''),
            'USD'
        ) as currency,
        cast(cv_decimal(replace(case when $ptax_side = 'compra' then bid else ask end, ',', '.')) as decimal(20,12)) as rate,
        source_file_name,
        source_row_number
    from bronze.ptax_rates
    where rate_month >= $period_first
        and rate_month < $period_end
        and (nullif(bulletin, '') is null or lower(bulletin) like 'fechamento%')
)

select
    rate_month               as billing_period,
    rate_date,
    currency                 as base,
    'BRL'                    as quote,
    rate,
    'BCB'                    as source,
    2                        as priority,
    min(source_file_name)    as x_SourceFile,
    min(source_row_number)   as x_SourceRow
from closing
group by rate_month, rate_date, currency, rate
