-- Use of OpenShift nodes, one row per day, node and namespace; what nobody used or asked for is namespace __idle__, so that the rows of a node and day
-- sum to its capacity (or to more, where pods took more than it has).
with hours as (
    select
        billing_period, cast(interval_start as date) as usage_date, interval_start, node, namespace,
        coalesce(cpu_used, 0) as cpu_used, coalesce(cpu_requested, 0) as cpu_requested,
        coalesce(memory_used, 0) as memory_used, coalesce(memory_requested, 0) as memory_requested,
        greatest(coalesce(cpu_used, 0), coalesce(cpu_requested, 0)) as cpu_taken,
        greatest(coalesce(memory_used, 0), coalesce(memory_requested, 0)) as memory_taken,
        coalesce(cpu_of_node, 0) as cpu_of_node, coalesce(memory_of_node, 0) as memory_of_node
    from silver.kubernetes_openshift_usage
    where billing_period >= $period_first
        and billing_period < $period_end
),

node_hours as (
    select billing_period, usage_date, interval_start, node, max(cpu_of_node) as cpu, max(memory_of_node) as memory, sum(cpu_taken) as cpu_taken,
        sum(memory_taken) as memory_taken
    from hours
    group by billing_period, usage_date, interval_start, node
),

all_rows as (
    select billing_period, usage_date, node, namespace, 'workload' as kind, cpu_used, cpu_requested, cpu_taken, memory_used, memory_requested, memory_taken from hours
    union all
    select billing_period, usage_date, node, '__idle__', 'idle', 0, 0, greatest(cpu - cpu_taken, 0), 0, 0, greatest(memory - memory_taken, 0) from node_hours
)

select
    billing_period,
    usage_date,
    node,
    namespace,
    kind                       as allocation_kind,
    sum(cpu_used)              as cpu_used,
    sum(cpu_requested)         as cpu_requested,
    sum(cpu_taken)             as cpu_taken,
    sum(memory_used)           as memory_used,
    sum(memory_requested)      as memory_requested,
    sum(memory_taken)          as memory_taken
from all_rows
group by billing_period, usage_date, node, namespace, kind
