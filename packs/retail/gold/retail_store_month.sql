-- What each store sold in a month, one row per store and month.
with purchases as (
    select
        store_location,
        cv_month(purchase_date)                                                     as purchase_month,
        total_amount,
        high_value_purchase
    from silver.retail_purchases
),

added_up as (
    select
        store_location,
        purchase_month,
        cast(count(*) as bigint)                                                    as total_purchases,
        cast(sum(total_amount) as decimal(38,2))                                    as total_revenue,
        cast(sum(case when high_value_purchase then 1 else 0 end) as bigint)        as high_value_purchases
    from purchases
    group by store_location, purchase_month
)

select
    store_location,
    purchase_month,
    total_purchases,
    total_revenue,
    cv_div(total_revenue, total_purchases)                                          as average_purchase_value,
    high_value_purchases
from added_up
