-- For Spark: it has explode for unnest and groups by no map, so a set of tags is its JSON text.
-- Cost of a month by tag and service. One row per tag key, value and service, and one per key and service for what has no such tag.
-- A charge with three tags is in three keys: add up values of ONE key, never keys. Each key, with its untagged rows, adds up to the whole bill;
-- the key * holds the bill split into charges with some tag and charges with none.
with tag_sets as (   -- few sets of tags are shared by many charges: sum first, take apart after
    select
        billing_period, x_Provider, ServiceName, BillingCurrency, to_json(Tags) as tags_json,
        sum(BilledCost)    as billed,
        sum(EffectiveCost) as effective,
        count(*)           as charges
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
    group by billing_period, x_Provider, ServiceName, BillingCurrency, to_json(Tags)
),

taken_apart as (
    select
        billing_period, x_Provider, ServiceName, BillingCurrency, billed, effective, charges,
        explode(map_entries(from_json(tags_json, 'map<string,string>'))) as tag
    from tag_sets
),

tagged as (
    select
        billing_period, x_Provider, ServiceName, BillingCurrency, tag.key as tag_key, tag.value as tag_value,
        sum(billed) as billed, sum(effective) as effective, sum(charges) as charges
    from taken_apart
    where tag.value <> ''
    group by billing_period, x_Provider, ServiceName, BillingCurrency, tag.key, tag.value
),

totals as (
    select billing_period, x_Provider, ServiceName, BillingCurrency, sum(billed) as billed, sum(effective) as effective, sum(charges) as charges
    from tag_sets
    group by billing_period, x_Provider, ServiceName, BillingCurrency
),

keys as (
    select distinct billing_period, tag_key from tagged
),

tagged_by_key as (
    select billing_period, x_Provider, ServiceName, BillingCurrency, tag_key,
        sum(billed) as billed, sum(effective) as effective, sum(charges) as charges
    from tagged
    group by billing_period, x_Provider, ServiceName, BillingCurrency, tag_key
),

untagged as (
    select
        t.billing_period, t.x_Provider, t.ServiceName, t.BillingCurrency, k.tag_key,
        t.billed - coalesce(b.billed, 0)       as billed,
        t.effective - coalesce(b.effective, 0) as effective,
        t.charges - coalesce(b.charges, 0)     as charges
    from totals as t
    join keys as k on k.billing_period = t.billing_period
    left join tagged_by_key as b
        on b.billing_period = t.billing_period and b.x_Provider = t.x_Provider and b.BillingCurrency = t.BillingCurrency
        and coalesce(b.ServiceName, '') = coalesce(t.ServiceName, '') and b.tag_key = k.tag_key
),

some_tag as (
    select
        billing_period, x_Provider, ServiceName, BillingCurrency, coalesce(tags_json, '{}') <> '{}' as is_tagged,
        sum(billed) as billed, sum(effective) as effective, sum(charges) as charges
    from tag_sets
    group by billing_period, x_Provider, ServiceName, BillingCurrency, coalesce(tags_json, '{}') <> '{}'
),

all_rows as (
    select billing_period, x_Provider, ServiceName, BillingCurrency, tag_key, true as is_tagged, tag_value, billed, effective, charges from tagged
    union all
    select billing_period, x_Provider, ServiceName, BillingCurrency, tag_key, false, null, billed, effective, charges from untagged where charges > 0
    union all
    select billing_period, x_Provider, ServiceName, BillingCurrency, '*', is_tagged, null, billed, effective, charges from some_tag
)

select
    billing_period,
    x_Provider,
    ServiceName,
    BillingCurrency,
    tag_key,
    is_tagged,
    tag_value,
    billed                      as BilledCost,
    effective                   as EffectiveCost,
    cast(charges as bigint)     as charge_count
from all_rows
