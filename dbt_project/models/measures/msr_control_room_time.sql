{# How long callers and incidents wait: median and 90th percentile from the records of the period itself, since neither can
   be had from those of its months; and how many incidents have an arrival to be timed by. #}
{% set lines = [
    ('control_room_incident', 'P1', 'response_p1_minutes', 'response_p1_arrival_recorded', none, text_literal(none)),
    ('control_room_incident', 'P1', 'response_p1_minutes', 'response_p1_arrival_recorded', 'policing_unit', 'policing_unit'),
    ('control_room_incident', 'P2', 'response_p2_minutes', 'response_p2_arrival_recorded', none, text_literal(none)),
    ('control_room_incident', 'P2', 'response_p2_minutes', 'response_p2_arrival_recorded', 'policing_unit', 'policing_unit'),
    ('control_room_call', '999', 'call_999_answer_seconds', none, none, text_literal(none)),
    ('control_room_call', '101', 'call_101_answer_seconds', none, none, text_literal(none)),
] %}

with

periods as (

    select *

    from {{ ref('int_own_period') }}

    where
        source in ('control_room_call', 'control_room_incident')
        and period_type <> 'rolling_12m'

),

records as (

    select
        'control_room_incident' as source,
        area_code,
        period_start as month,
        final_grade_group as record_group,
        policing_unit,
        seconds_to_arrival as seconds

    from {{ ref('int_control_room_incident') }}

    union all

    select
        'control_room_call' as source,
        area_code,
        period_start as month,
        line_group as record_group,
        cast(null as varchar) as policing_unit,
        seconds_to_answer as seconds

    from {{ ref('int_control_room_call') }}

    where outcome = 'answered'

),

members as (
    {% for source, group, measure, arrival, type, value in lines %}
    select
        '{{ source }}' as source,
        area_code,
        '{{ measure }}' as measure_id,
        {{ text_literal(arrival) }} as arrival_measure_id,
        {{ text_literal(type) }} as breakdown_type,
        {{ value }} as breakdown_value,
        month,
        seconds

    from records

    where
        source = '{{ source }}'
        and record_group = '{{ group }}'
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

series as (

    select distinct
        source,
        area_code,
        measure_id,
        arrival_measure_id,
        breakdown_type,
        breakdown_value

    from members

),

timed as (

    select
        periods.source,
        periods.area_code,
        periods.period_type,
        periods.period_start,
        members.measure_id,
        members.breakdown_value,
        count(members.seconds) as n,
        count(*) - count(members.seconds) as n_unknown,
        {{ quantile('members.seconds', 0.5) }} as median_seconds,
        {{ quantile('members.seconds', 0.9) }} as p90_seconds

    from periods
    inner join members
        on periods.source = members.source
        and periods.area_code = members.area_code
        and members.month between periods.period_start and periods.period_end

    where periods.status = 'final'
    group by 1, 2, 3, 4, 5, 6

),

tallied as (

    select
        periods.source,
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.status as period_status,
        periods.source_kind,
        periods.extract_ids,
        series.measure_id,
        series.arrival_measure_id,
        series.breakdown_type,
        series.breakdown_value,
        case when periods.status = 'final' then coalesce(timed.n, 0) end as n,
        case when periods.status = 'final' then coalesce(timed.n_unknown, 0) end as n_unknown,
        case when periods.source = 'control_room_incident' then 60.0e0 else 1.0e0 end as unit_seconds,
        timed.median_seconds,
        timed.p90_seconds

    from periods
    inner join series
        on periods.source = series.source
        and periods.area_code = series.area_code
    left join timed
        on periods.source = timed.source
        and periods.area_code = timed.area_code
        and periods.period_type = timed.period_type
        and periods.period_start = timed.period_start
        and series.measure_id = timed.measure_id
        and series.breakdown_value is not distinct from timed.breakdown_value

),

arrivals as (

    select
        *,
        cast(n as double) as numerator,
        cast(n + n_unknown as double) as denominator

    from tallied

    where arrival_measure_id is not null

),

final as (
    {% for statistic in ['median', 'p90'] %}
    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        cast(null as double) as numerator,
        cast(n as double) as denominator,
        cast(1 as double) as multiplier,
        cast({{ statistic }}_seconds / unit_seconds as double) as value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(null as varchar) as ci_method,
        cast(n_unknown as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        concat('{{ statistic }}_', case source when 'control_room_call' then 'of_answered' else 'final_grade' end)
            as method_id,
        source_kind,
        source as source_id,
        case
            when period_status <> 'final' then period_status
            when n > 0 then 'final'
            when n_unknown > 0 then 'not_collected'
            else 'below_minimum'
        end as status,
        extract_ids

    from tallied

    union all
    {% endfor %}
    select
        arrival_measure_id as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits("'share'", counts=false) }},
        cast(null as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        'final_grade' as method_id,
        source_kind,
        source as source_id,
        case
            when period_status <> 'final' then period_status
            when denominator > 0 then 'final'
            else 'below_minimum'
        end as status,
        extract_ids

    from arrivals

)

select * from final
