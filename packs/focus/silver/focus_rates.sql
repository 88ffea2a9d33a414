-- The rates that a billing period's charges are converted by. One row a day of the period and currency that has a rate.
-- A pair's rate: of your own first; then published as it is, its inverse, or through a currency that the source prices both in, on one day. The newest
-- of the day and the rate_carry_days before it; where nothing was published for so long, there is none.
with published as (
    select rate_date, base, quote, rate, source, priority
    from silver.currency_rates
    where billing_period >= cv_add_months($period_first, -1)
        and billing_period < $period_end
        and rate_date >= cv_add_days($period_first, -least($rate_carry_days, 28))
        and rate_date < $period_end
),

pairs as (
    select rate_date, source, priority, base as from_currency, quote as to_currency, rate, 1 as way, base || '/' || quote as path
    from published
    union all
    select rate_date, source, priority, quote, base, cv_cross_rate(1, rate), 2, base || '/' || quote
    from published
    union all
    select a.rate_date, a.source, a.priority, a.quote, b.quote, cv_cross_rate(b.rate, a.rate), 3, a.base || '/' || a.quote || ' ' || b.base || '/' || b.quote
    from published as a
    join published as b on b.rate_date = a.rate_date and b.source = a.source and b.base = a.base and b.quote <> a.quote
    where b.quote in ('USD', $tenant_currency)
    union all
    select a.rate_date, a.source, a.priority, a.base, b.base, cv_cross_rate(a.rate, b.rate), 3, a.base || '/' || a.quote || ' ' || b.base || '/' || b.quote
    from published as a
    join published as b on b.rate_date = a.rate_date and b.source = a.source and b.quote = a.quote and b.base <> a.base
    where b.base in ('USD', $tenant_currency)
),

wanted as (
    select * from pairs
    where to_currency in ('USD', $tenant_currency)
        and from_currency <> to_currency
),

days as (
    select cv_add_days($period_first, n) as charge_date
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12), (13), (14), (15), (16), (17), (18), (19), (20), (21), (22), (23), (24),
        (25), (26), (27), (28), (29), (30)) as numbers(n)
    where cv_add_days($period_first, n) < $period_end
),

ranked as (
    select
        d.charge_date,
        w.*,
        row_number() over (
            partition by d.charge_date, w.from_currency, w.to_currency
            order by w.priority nulls last, w.way nulls last, w.source nulls last, w.rate_date desc nulls last, w.path nulls last
        ) as choice
    from days as d
    join wanted as w
        on w.rate_date <= case when $rate_day = 'period_end' then cv_add_days($period_end, -1) else d.charge_date end
        and w.rate_date >= cv_add_days(case when $rate_day = 'period_end' then $period_first else d.charge_date end, -least($rate_carry_days, 28))
),

chosen as (
    select charge_date, from_currency, to_currency, rate, rate_date, source || ' ' || path as rate_source
    from ranked
    where choice = 1
    union all
    select d.charge_date, c.currency, c.currency, cast(1 as decimal(20,12)), d.charge_date, 'same currency'
    from days as d
    cross join (select 'USD' as currency union select $tenant_currency) as c
)

select
    $period_first                                                                              as billing_period,
    charge_date,
    from_currency                                                                              as currency,
    max(case when to_currency = 'USD' then rate end)                                           as usd_rate,
    max(case when to_currency = 'USD' then rate_date end)                                      as usd_rate_date,
    max(case when to_currency = 'USD' then rate_source end)                                    as usd_rate_source,
    $tenant_currency                                                                           as tenant_currency,
    max(case when to_currency = $tenant_currency then rate end)                                as tenant_rate,
    max(case when to_currency = $tenant_currency then rate_date end)                           as tenant_rate_date,
    max(case when to_currency = $tenant_currency then rate_source end)                         as tenant_rate_source
from chosen
group by charge_date, from_currency
