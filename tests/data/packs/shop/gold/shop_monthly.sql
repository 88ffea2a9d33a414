-- Orders by month and currency.
select
    month,
    Currency,
    sum(Amount) as amount,
    row_number() over (order by sum(Amount) desc nulls last) as position
from silver.shop_sales as o
where month >= $period_first
  and month < $period_end
  and exists (select 1 from bronze.shop_orders as b where b.order_id = o.OrderId)
group by month, Currency
