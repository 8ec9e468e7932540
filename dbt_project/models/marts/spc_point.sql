{% set screening = var('spc_screening') %}

with

measure_values as (

    select * from {{ ref('measure_value') }} where period_type = 'month'

),

series as (

    select *
    from {{ ref('dim_series') }}
    where is_home and period_type = 'month' and value_count >= 2

),

breaks as (

    select * from {{ ref('series_break') }}

),

rebases as (

    select * from {{ ref('rebase') }}

),

starts as (

    select
        series_id,
        first_period_start as starts_on,
        'start' as reason,
        1 as precedence

    from series

    union all

    select
        series.series_id,
        breaks.break_date as starts_on,
        breaks.break_id as reason,
        2 as precedence

    from series
    inner join breaks on {{ is_about('breaks', 'series') }}

    where breaks.break_date > series.first_period_start and breaks.break_date <= series.last_period_end

    union all

    select
        series.series_id,
        rebases.rebase_month as starts_on,
        rebases.reason,
        3 as precedence

    from series
    inner join rebases on {{ is_about('rebases', 'series') }}

    where rebases.rebase_month > series.first_period_start and rebases.rebase_month <= series.last_period_end

),

ranked_starts as (

    select
        *,
        -- of a break and a rebase on one day the break is told
        row_number() over (partition by series_id, starts_on order by precedence, reason) as rank_of_day

    from starts

),

segments as (

    select
        series_id,
        starts_on,
        reason,
        row_number() over (partition by series_id order by starts_on) as segment,
        lead(starts_on) over (partition by series_id order by starts_on) as next_starts_on

    from ranked_starts

    where rank_of_day = 1

),

-- a month in which a segment starts later than on its first day is a mixture of two, and belongs to neither
joined as (

    select
        series.series_id,
        series.kind,
        case series.direction when 'higher' then 'increase' when 'lower' then 'decrease' else 'neutral' end as direction,
        measure_values.measure_id,
        measure_values.area_code,
        measure_values.method_id,
        series.denominator_basis,
        measure_values.breakdown_type,
        measure_values.breakdown_value,
        measure_values.period_start as month,
        {{ months_between("date '2000-01-01'", 'measure_values.period_start') }} as point_number,
        measure_values.value,
        case
            when measure_values.value is not null
                then coalesce(measure_values.numerator, case when series.kind = 'count' then measure_values.value end)
        end as events,
        measure_values.source_kind,
        segments.segment,
        segments.reason as segment_start_reason

    from measure_values
    inner join series on {{ series_id('measure_values') }} = series.series_id
    left join segments
        on series.series_id = segments.series_id
        and measure_values.period_start >= segments.starts_on
        and (segments.next_starts_on is null or measure_values.period_end < segments.next_starts_on)

),

monthly as (

    select
        *,
        {{ ordered_sum('events', 'of_segment') }} / nullif(count(events) over of_segment, 0) as mean_events

    from joined

    window of_segment as (partition by series_id, segment)

),

points as (
    {{ xmr_points('monthly', screening) }}
),

told as (

    select
        *,
        {{ is_rare_series('kind', 'mean_events') }} as is_rare,
        case
            when segment is null then 'mixed_month'
            when {{ is_of_unequal_age('method_id') }} then 'unequal_age'
            when {{ is_rare_series('kind', 'mean_events') }} then 'rare_events'
            -- every range but 0 was screened, or lay over a gap: around the mean there is nothing left
            when
                lpl = upl
                and min(value) over (partition by series_id, segment)
                <> max(value) over (partition by series_id, segment)
                then 'no_spread'
        end as no_verdict_reason

    from points

    where value is not null

),

final as (

    select
        series_id,
        measure_id,
        area_code,
        method_id,
        denominator_basis,
        breakdown_type,
        breakdown_value,
        direction,
        month,
        value,
        segment,
        segment_start_reason,
        points_in_segment,
        mean,
        {% for column in ['lpl', 'upl', 'near_lpl', 'near_upl'] -%}
        case when no_verdict_reason is null then {{ column }} end as {{ column }},
        {% endfor -%}
        moving_range,
        {% for column in ['rule', 'point_type', 'is_trial_limits'] -%}
        case when no_verdict_reason is null then {{ column }} end as {{ column }},
        {% endfor -%}
        is_rare,
        no_verdict_reason,
        screening,
        ranges_screened,
        source_kind

    from told

)

select * from final
