-- What pods of OpenShift clusters cost: the cloud's charges for a node's machine on a day, shared by what each pod used or asked for (the larger),
-- half by CPU and half by memory. What no pod takes is the node's idle row, which gets the remainder, so that the rows of a node and day sum to its
-- charges to the last digit. One row per pod, machine, day and currency.
with hours as (
    select
        *,
        cast(interval_start as date) as usage_date,
        greatest(coalesce(cpu_used, 0), coalesce(cpu_requested, 0))       as cpu,
        greatest(coalesce(memory_used, 0), coalesce(memory_requested, 0)) as memory
    from silver.kubernetes_openshift_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and resource_id is not null
),

pods as (
    select
        billing_period, usage_date, resource_id, node, namespace, pod,
        max_by(labels, interval_start) as labels,
        min(x_SourceFile)     as source_file,
        min(x_SourceRow)      as source_row,
        min(x_RawIngestionId) as ingestion_id,
        sum(cpu)              as cpu,
        sum(memory)           as memory
    from hours
    group by billing_period, usage_date, resource_id, node, namespace, pod
),

-- A node's capacity stands on each of its pods' rows: once per hour. Pods may take more than that.
capacities as (
    select billing_period, usage_date, resource_id, max(node) as node, sum(cpu_of_node) as cpu, sum(memory_of_node) as memory
    from (
        select billing_period, usage_date, resource_id, interval_start, max(node) as node, max(cpu_of_node) as cpu_of_node, max(memory_of_node) as memory_of_node
        from hours
        group by billing_period, usage_date, resource_id, interval_start
    ) as of_hour
    group by billing_period, usage_date, resource_id
),

taken as (
    select billing_period, usage_date, resource_id, sum(cpu) as cpu, sum(memory) as memory, min(source_file) as source_file, min(source_row) as source_row,
        min(ingestion_id) as ingestion_id
    from pods
    group by billing_period, usage_date, resource_id
),

machines as (
    select
        t.billing_period, t.usage_date, t.resource_id, c.node, t.source_file, t.source_row, t.ingestion_id,
        greatest(t.cpu, coalesce(c.cpu, 0))       as cpu,
        greatest(t.memory, coalesce(c.memory, 0)) as memory
    from taken as t
    join capacities as c on c.billing_period = t.billing_period and c.usage_date = t.usage_date and c.resource_id = t.resource_id
),

-- Bills name a machine by its id, or by a path that ends with it.
charges as (
    select
        billing_period,
        cast(ChargePeriodStart as date)                  as usage_date,
        cv_regexp_extract(ResourceId, '[^/]+$', 0)       as resource_id,
        max(ResourceId)                                  as bill_resource_id,
        BillingCurrency,
        sum(EffectiveCost)                               as cost
    from silver.focus_cost_and_usage
    where billing_period >= $period_first
        and billing_period < $period_end
        and ResourceId is not null
        and ChargeCategory = 'Usage'
    group by billing_period, cast(ChargePeriodStart as date), cv_regexp_extract(ResourceId, '[^/]+$', 0), BillingCurrency
),

shares as (
    select
        p.*,
        c.bill_resource_id,
        c.BillingCurrency,
        coalesce(cv_ratio(p.cpu, m.cpu), 0) / 2          as cpu_ratio,
        coalesce(cv_ratio(p.memory, m.memory), 0) / 2    as memory_ratio,
        c.cost
    from pods as p
    join machines as m on m.billing_period = p.billing_period and m.usage_date = p.usage_date and m.resource_id = p.resource_id
    join charges as c on c.billing_period = p.billing_period and c.usage_date = p.usage_date and c.resource_id = p.resource_id
),

split as (
    select
        *,
        cv_product(cost, cast(cpu_ratio as decimal(18, 9)))    as cpu_cost,
        cv_product(cost, cast(memory_ratio as decimal(18, 9))) as memory_cost
    from shares
),

given as (
    select billing_period, usage_date, resource_id, BillingCurrency, sum(cpu_cost) as cpu_cost, sum(memory_cost) as memory_cost
    from split
    group by billing_period, usage_date, resource_id, BillingCurrency
),

all_rows as (
    select
        billing_period, usage_date, resource_id, bill_resource_id, node, namespace, pod, labels, source_file, source_row, ingestion_id,
        'share' as row_part, 'workload' as kind, BillingCurrency, cpu_cost + memory_cost as cost, cpu_cost, memory_cost, cpu, memory,
        '{"Elements":[{"AllocatedRatio":' || cast(cast(cpu_ratio as decimal(18, 9)) as varchar) || ',"UsageUnit":"vCPU-Seconds","UsageQuantity":'
            || cast(cpu as varchar) || '},{"AllocatedRatio":' || cast(cast(memory_ratio as decimal(18, 9)) as varchar)
            || ',"UsageUnit":"Byte-Seconds","UsageQuantity":' || cast(memory as varchar) || '}]}' as details
    from split
    union all
    select
        m.billing_period, m.usage_date, m.resource_id, c.bill_resource_id, m.node, null, null, null, m.source_file, m.source_row, m.ingestion_id,
        'idle', 'idle', c.BillingCurrency, c.cost - g.cpu_cost - g.memory_cost, null, null, m.cpu - t.cpu, m.memory - t.memory, null
    from machines as m
    join taken as t on t.billing_period = m.billing_period and t.usage_date = m.usage_date and t.resource_id = m.resource_id
    join charges as c on c.billing_period = m.billing_period and c.usage_date = m.usage_date and c.resource_id = m.resource_id
    join given as g on g.billing_period = m.billing_period and g.usage_date = m.usage_date and g.resource_id = m.resource_id
        and g.BillingCurrency = c.BillingCurrency
)

select
    billing_period,
    'OpenShift'                                                   as x_Provider,
    source_file                                                   as x_SourceFile,
    source_row                                                    as x_SourceRow,
    row_part                                                      as x_RowPart,
    ingestion_id                                                  as x_RawIngestionId,
    cv_day_start(usage_date)                                      as ChargePeriodStart,
    cv_day_start(cv_add_days(usage_date, 1))                      as ChargePeriodEnd,
    bill_resource_id                                              as ResourceId,
    'larger-of-use-and-request'                                   as AllocatedMethodId,
    details                                                       as AllocatedMethodDetails,
    coalesce(namespace || '/' || pod, node || '/__idle__', '__idle__') as AllocatedResourceId,
    coalesce(pod, '__idle__')                                     as AllocatedResourceName,
    labels                                                        as AllocatedTags,
    kind                                                          as x_AllocationKind,
    namespace                                                     as x_Namespace,
    pod                                                           as x_Pod,
    node                                                          as x_Node,
    BillingCurrency,
    cost                                                          as x_AllocatedCost,
    cpu_cost                                                      as x_CpuCost,
    memory_cost                                                   as x_RamCost
from all_rows
