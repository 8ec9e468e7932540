{% set screening = var('spc_screening') %}

with

events as (

    select * from {{ ref('int_rare_event') }}

),

kinds as (

    select * from {{ ref('rare_event') }}

),

home as (

    select area_code from {{ ref('force') }} where force = '{{ var("home_force") }}'

),

breaks as (

    select * from {{ ref('series_break') }}

),

rebases as (

    select * from {{ ref('rebase') }}

),

starts as (

    select
        kinds.event_id,
        breaks.area_code,
        breaks.break_date as starts_on

    from kinds
    inner join breaks on kinds.event_id = breaks.measure_id

    union all

    select
        kinds.event_id,
        rebases.area_code,
        rebases.rebase_month as starts_on

    from kinds
    inner join rebases on kinds.event_id = rebases.measure_id

),

-- how many starts lie before an event: of two events with the same number, none lies between
numbered as (

    select
        events.event_id,
        events.area_code,
        events.event_key,
        min(events.event_date) as event_date,
        min(events.supply_run) as supply_run,
        min(events.source_kind) as source_kind,
        count(starts.starts_on) as starts_before

    from events
    inner join home on events.area_code = home.area_code
    left join starts
        on events.event_id = starts.event_id
        and (starts.area_code is null or starts.area_code = events.area_code)
        and starts.starts_on <= events.event_date

    group by events.event_id, events.area_code, events.event_key

),

dated as (

    select
        *,
        lag(event_date) over (
            partition by event_id, area_code, supply_run, starts_before order by event_date, event_key
        ) as previous_event_date,
        row_number() over (partition by event_id, area_code order by event_date, event_key) as point_number,
        dense_rank() over (partition by event_id, area_code order by supply_run, starts_before) as segment

    from numbered

),

gaps as (

    select
        concat_ws('|', dated.event_id, dated.area_code) as series_id,
        dated.event_id,
        kinds.title,
        dated.area_code,
        dated.event_key,
        dated.event_date,
        dated.previous_event_date,
        {{ days_between('dated.previous_event_date', 'dated.event_date') }} as days_between,
        {{ nelson_scale(days_between('dated.previous_event_date', 'dated.event_date')) }} as value,
        -- a longer time between events is fewer of them
        case kinds.direction when 'lower' then 'increase' when 'higher' then 'decrease' else 'neutral' end as direction,
        dated.point_number,
        dated.segment,
        dated.source_kind

    from dated
    inner join kinds on dated.event_id = kinds.event_id

),

points as (
    {{ xmr_points('gaps', screening) }}
),

final as (

    select
        event_id,
        area_code,
        event_key,
        event_date,
        previous_event_date,
        cast(days_between as bigint) as days_between,
        title,
        direction,
        segment,
        points_in_segment,
        {% for column in ['mean', 'lpl', 'upl', 'near_lpl', 'near_upl'] -%}
        {{ nelson_days(column) }} as {{ column }},
        {% endfor -%}
        rule,
        point_type,
        is_trial_limits,
        screening,
        ranges_screened,
        source_kind

    from points

    where value is not null

)

select * from final
