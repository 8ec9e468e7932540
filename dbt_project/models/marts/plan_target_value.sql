{# The level that a target asks of each period, in the unit of the value. #}
with

indicator_values as (

    select * from {{ ref('plan_indicator_value') }}

),

targets as (

    select * from {{ ref('mart_plan_target') }}

),

baselines as (

    select * from {{ ref('mart_plan_baseline') }} where baseline_value is not null

),

peers as (

    select * from {{ ref('peer_comparison') }}

),

first_baselines as (

    select
        plan_indicator_id,
        period_type,
        period_end,
        baseline_value,
        row_number() over (partition by plan_indicator_id order by period_end, period_type) as position

    from baselines

),

baseline as (

    select * from first_baselines where position = 1

),

-- what the milestones of a path ask, as levels, from the baseline on
nodes as (

    select
        plan_indicator_id,
        cast(null as varchar) as target_id,
        period_end as node_date,
        baseline_value as node_level

    from baseline

    union all

    select
        targets.plan_indicator_id,
        targets.target_id,
        targets.period_end as node_date,
        case
            when targets.unit = 'percent change' then baseline.baseline_value * (1 + targets.target_value / 100.0e0)
            else targets.target_value
        end as node_level

    from targets
    left join baseline on targets.plan_indicator_id = baseline.plan_indicator_id

    where targets.kind = 'trajectory'

),

stretches as (

    select
        plan_indicator_id,
        node_date as from_date,
        node_level as from_level,
        lead(node_date) over path as to_date,
        lead(node_level) over path as to_level,
        lead(target_id) over path as target_id

    from nodes
    window path as (partition by plan_indicator_id order by node_date)

),

on_paths as (

    select
        indicator_values.plan_indicator_id,
        indicator_values.period_type,
        indicator_values.period_start,
        indicator_values.period_end,
        stretches.target_id,
        {{ on_the_line(
            'stretches.from_date', 'stretches.from_level', 'stretches.to_date', 'stretches.to_level',
            'indicator_values.period_end'
        ) }} as target_level

    from indicator_values
    inner join stretches
        on indicator_values.plan_indicator_id = stretches.plan_indicator_id
        and indicator_values.period_end > stretches.from_date
        and indicator_values.period_end <= stretches.to_date

    where indicator_values.is_headline_period

),

previous_values as (

    select
        plan_indicator_id,
        period_type,
        period_start,
        value

    from indicator_values

),

-- a count, or an amount, is asked of a whole period of the plan's own length; a level of any
of_period as (

    select
        indicator_values.plan_indicator_id,
        indicator_values.period_type,
        indicator_values.period_start,
        indicator_values.period_end,
        targets.target_id,
        targets.kind as target_kind,
        case
            when targets.kind = 'service_standard' then targets.required_share_pct
            when targets.kind = 'gap' and targets.reference = 'comparator' then peers.group_mean + targets.target_value
            when targets.kind in ('change', 'gap') and targets.unit = 'percent change'
                then case targets.reference
                    when 'baseline' then baseline.baseline_value
                    else previous_values.value
                end * (1 + targets.target_value / 100.0e0)
            when targets.kind in ('change', 'gap')
                then case targets.reference
                    when 'baseline' then baseline.baseline_value
                    else previous_values.value
                end + targets.target_value
            when targets.kind = 'level' and targets.unit = indicator_values.unit then targets.target_value
        end as target_level

    from indicator_values
    inner join targets
        on indicator_values.plan_indicator_id = targets.plan_indicator_id
        and indicator_values.period_end >= targets.period_start
        and indicator_values.period_end <= targets.period_end
    left join baseline on indicator_values.plan_indicator_id = baseline.plan_indicator_id
    left join peers
        on indicator_values.series_id = peers.series_id
        and indicator_values.period_start = peers.period_start
        and indicator_values.period_end = peers.period_end
    left join previous_values
        on indicator_values.plan_indicator_id = previous_values.plan_indicator_id
        and indicator_values.period_type = previous_values.period_type
        and {{ add_months('indicator_values.period_start', -12) }} = previous_values.period_start

    where
        targets.is_main
        and targets.kind <> 'trajectory'
        and (indicator_values.is_headline_period or indicator_values.kind in ('share', 'ratio', 'mean'))

),

final as (

    select
        of_period.plan_indicator_id,
        of_period.period_type,
        of_period.period_start,
        of_period.period_end,
        of_period.target_id,
        targets.kind as target_kind,
        targets.comparison,
        of_period.target_level,
        case
            when of_period.target_level is not null then null
            when of_period.target_kind = 'service_standard' then 'no_share_stated'
            when of_period.target_kind = 'gap' and targets.reference = 'comparator' then 'no_comparator'
            when of_period.target_kind in ('change', 'gap') then 'no_reference'
            else 'another_unit'
        end as reason

    from of_period
    left join targets on of_period.target_id = targets.target_id

    union all

    select
        on_paths.plan_indicator_id,
        on_paths.period_type,
        on_paths.period_start,
        on_paths.period_end,
        on_paths.target_id,
        targets.kind as target_kind,
        targets.comparison,
        on_paths.target_level,
        case when on_paths.target_level is null then 'no_reference' end as reason

    from on_paths
    left join targets on on_paths.target_id = targets.target_id

)

select * from final
