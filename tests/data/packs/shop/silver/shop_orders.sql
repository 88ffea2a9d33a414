-- Orders with exact amounts, one row per order; it's "plain" SQL: :: [1] qualify are fine in a comment.
with orders as (
    select * from bronze.shop_orders
    where month >= $period_first and month < $period_end
)

select
    month,
    order_id                                as OrderId,
    cv_decimal(amount)                      as Amount,
    'BRL'                                   as Currency,
    cv_mask_email(email)                    as email_masked,
    cv_timestamp(day)                       as ordered_at,
    cv_decimal(amount) >= $large_from       as is_large
from orders
where amount is not null
