-- Databricks usage beside what the clouds' own bills ask for Databricks, one row per month, cloud and currency. Both billed: counted twice.
with ours as (
    select
        billing_period,
        x_Cloud                                                            as cloud,
        BillingCurrency,
        sum(x_Cost)                                                        as dbu_cost,
        sum(BilledCost)                                                    as databricks_billed,
        cast(0 as decimal(38, 21))                                         as cloud_billed
    from silver.databricks_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
    group by billing_period, x_Cloud, BillingCurrency
),

theirs as (
    select
        billing_period,
        case
            when cv_contains(lower(x_Provider), 'azure') or cv_contains(lower(x_Provider), 'microsoft') then 'AZURE'
            when cv_contains(lower(x_Provider), 'aws') or cv_contains(lower(x_Provider), 'amazon') then 'AWS'
            when cv_contains(lower(x_Provider), 'gcp') or cv_contains(lower(x_Provider), 'google') then 'GCP'
        end                                                                as cloud,
        BillingCurrency,
        cast(0 as decimal(38, 21))                                         as dbu_cost,
        cast(0 as decimal(38, 21))                                         as databricks_billed,
        sum(BilledCost)                                                    as cloud_billed
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and x_Provider <> 'Databricks'
        and (cv_contains(lower(ServiceName), 'databricks') or cv_contains(lower(PublisherName), 'databricks'))
    group by 1, 2, 3
),

both_sides as (
    select * from ours
    union all
    select * from theirs where cloud is not null and billing_period in (select billing_period from ours)
),

added_up as (
    select
        billing_period, cloud, BillingCurrency,
        sum(dbu_cost)                                                      as dbu_cost,
        sum(databricks_billed)                                             as databricks_billed,
        sum(cloud_billed)                                                  as cloud_billed
    from both_sides
    group by billing_period, cloud, BillingCurrency
),

judged as (
    select
        *,
        max(case when databricks_billed <> 0 then 1 else 0 end) over (partition by billing_period, cloud) = 1
            and max(case when cloud_billed <> 0 then 1 else 0 end) over (partition by billing_period, cloud) = 1 as is_counted_twice
    from added_up
)

select
    billing_period,
    cloud,
    BillingCurrency,
    dbu_cost,
    databricks_billed,
    cloud_billed,
    is_counted_twice,
    case when is_counted_twice then 'set the parameter cloud_billed to ' || cloud end as what_to_do
from judged
