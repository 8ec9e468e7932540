{# The level that a target asks of each period, in the unit of the value. Nothing is asked across a registered break, nor
   of an earlier period that has had longer to fill up. #}
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

members as (

    select * from {{ ref('peer_member') }} where role = 'member' and member_area_code <> area_code

),

breaks as (

    select * from {{ ref('series_break') }}

),

-- the force that is hardest to beat; without all of them nobody knows which it is
best_members as (

    select
        series_id,
        period_start,
        period_end,
        case when count(value) = count(*) then min(value) end as lowest_value,
        case when count(value) = count(*) then max(value) end as highest_value

    from members

    group by series_id, period_start, period_end

),

first_baselines as (

    select
        plan_indicator_id,
        period_type,
        period_end,
        period_start,
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
        'trajectory' as target_kind,
        baseline.period_start as reference_period_start,
        {{ on_the_line(
            'stretches.from_date', 'stretches.from_level', 'stretches.to_date', 'stretches.to_level',
            'indicator_values.period_end'
        ) }} as target_level

    from indicator_values
    inner join stretches
        on indicator_values.plan_indicator_id = stretches.plan_indicator_id
        and indicator_values.period_end > stretches.from_date
        and indicator_values.period_end <= stretches.to_date
    left join baseline on indicator_values.plan_indicator_id = baseline.plan_indicator_id

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
            when targets.kind not in ('change', 'gap') or targets.reference = 'comparator' then null
            when targets.reference = 'baseline' then baseline.period_start
            else {{ add_months('indicator_values.period_start', -12) }}
        end as reference_period_start,
        case
            when targets.kind = 'service_standard' then targets.required_share_pct
            when targets.kind = 'gap' and targets.reference = 'comparator'
                then case targets.comparison
                    when 'at_least' then best_members.highest_value
                    else best_members.lowest_value
                end + targets.target_value
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
    left join best_members
        on indicator_values.series_id = best_members.series_id
        and indicator_values.period_start = best_members.period_start
        and indicator_values.period_end = best_members.period_end
    left join previous_values
        on indicator_values.plan_indicator_id = previous_values.plan_indicator_id
        and indicator_values.period_type = previous_values.period_type
        and {{ add_months('indicator_values.period_start', -12) }} = previous_values.period_start

    where
        targets.is_main
        and targets.kind <> 'trajectory'
        and (indicator_values.is_headline_period or indicator_values.kind in ('share', 'ratio', 'mean'))

),

levels as (

    select
        plan_indicator_id,
        period_type,
        period_start,
        period_end,
        target_id,
        target_kind,
        reference_period_start,
        target_level

    from of_period

    union all

    select
        plan_indicator_id,
        period_type,
        period_start,
        period_end,
        target_id,
        target_kind,
        reference_period_start,
        target_level

    from on_paths

),

asked as (

    select
        levels.*,
        indicator_values.measure_id,
        indicator_values.area_code,
        indicator_values.method_id,
        indicator_values.breakdown_type,
        indicator_values.breakdown_value

    from levels
    inner join indicator_values
        on levels.plan_indicator_id = indicator_values.plan_indicator_id
        and levels.period_type = indicator_values.period_type
        and levels.period_start = indicator_values.period_start

),

broken as (
{{ with_last_break('asked', 'breaks', ['plan_indicator_id', 'period_type', 'period_start']) }}
),

reasoned as (

    select
        broken.*,
        targets.comparison,
        targets.reference,
        targets.target_value,
        case
            when broken.break_id is not null then 'break'
            when broken.reference_period_start is not null and {{ is_of_unequal_age('broken.method_id') }}
                then 'unequal_age'
            when broken.target_level is not null then null
            when broken.target_kind = 'service_standard' then 'no_share_stated'
            when broken.target_kind = 'gap' and targets.reference = 'comparator' then 'no_comparator'
            when broken.target_kind in ('change', 'gap', 'trajectory') then 'no_reference'
            else 'another_unit'
        end as reason

    from broken
    left join targets on broken.target_id = targets.target_id

),

final as (

    select
        plan_indicator_id,
        period_type,
        period_start,
        period_end,
        target_id,
        target_kind,
        comparison,
        case when reason is null then target_level end as target_level,
        case when target_kind = 'change' then reference end as reference,
        case when target_kind = 'change' then target_value end as target_change,
        reason

    from reasoned

)

select * from final
