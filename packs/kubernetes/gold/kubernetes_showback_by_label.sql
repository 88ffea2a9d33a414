-- What workloads are shown to cost by label, one row per day, cluster, label and value, and one per day, cluster and label for what does not have it.
-- A workload with three labels is in three of them: add up values of ONE label, never labels. Each label, with its unlabelled rows, adds up to the whole.
with label_sets as (   -- few sets of labels are shared by many rows: sum first, take apart after
    select
        billing_period, cast(ChargePeriodStart as date) as charge_date, coalesce(x_Cluster, '') as cluster, BillingCurrency, AllocatedTags,
        sum(x_AllocatedCost) as cost
    from silver.focus_cost_allocation
    where billing_period >= $period_first
        and billing_period < $period_end
    group by billing_period, cast(ChargePeriodStart as date), coalesce(x_Cluster, ''), BillingCurrency, AllocatedTags
),

taken_apart as (
    select billing_period, charge_date, cluster, BillingCurrency, cost, unnest(map_entries(AllocatedTags)) as label
    from label_sets
),

labelled as (
    select billing_period, charge_date, cluster, BillingCurrency, label.key as label_key, label.value as label_value, sum(cost) as cost
    from taken_apart
    where label.value <> ''
    group by billing_period, charge_date, cluster, BillingCurrency, label.key, label.value
),

totals as (
    select billing_period, charge_date, cluster, BillingCurrency, sum(cost) as cost
    from label_sets
    group by billing_period, charge_date, cluster, BillingCurrency
),

keys as (
    select distinct billing_period, label_key from labelled
),

labelled_by_key as (
    select billing_period, charge_date, cluster, BillingCurrency, label_key, sum(cost) as cost
    from labelled
    group by billing_period, charge_date, cluster, BillingCurrency, label_key
),

all_rows as (
    select billing_period, charge_date, cluster, BillingCurrency, label_key, true as is_labelled, label_value, cost from labelled
    union all
    select t.billing_period, t.charge_date, t.cluster, t.BillingCurrency, k.label_key, false, null, t.cost - coalesce(b.cost, 0)
    from totals as t
    join keys as k on k.billing_period = t.billing_period
    left join labelled_by_key as b
        on b.billing_period = t.billing_period and b.charge_date = t.charge_date and b.cluster = t.cluster and b.BillingCurrency = t.BillingCurrency
        and b.label_key = k.label_key
    union all
    select billing_period, charge_date, cluster, BillingCurrency, '*', false, null, cost from totals
)

select
    billing_period,
    charge_date,
    nullif(cluster, '')       as cluster,
    label_key,
    is_labelled,
    label_value,
    BillingCurrency           as currency,
    cost                      as allocated_cost
from all_rows
