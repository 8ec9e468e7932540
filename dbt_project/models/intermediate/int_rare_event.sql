{# Each event of seed rare_event has a part here that finds its days. #}

with

casualties as (

    select * from {{ ref('int_road_casualty') }} where area_code is not null

),

samples as (

    select distinct period_start
    from {{ source('ops', 'extract') }}
    where source in ('stats19_casualty', 'stats19_collision') and status = 'loaded' and is_sample

),

-- without the collisions of a year nobody knows its days
years as (

    select distinct
        area_code,
        period_start

    from casualties

    where has_collision

),

runs_of_years as (

    select
        *,
        cast(
            extract(year from period_start) - row_number() over (partition by area_code order by period_start) as bigint
        ) as supply_run

    from years

),

road_deaths as (

    select
        'road_death_motorway' as event_id,
        area_code,
        period_start,
        collision_index as event_key,
        min(collision_date) as event_date

    from casualties

    where severity = 'fatal' and road_class_group in ('motorway', 'a_m')
    group by area_code, period_start, collision_index

),

final as (

    select
        road_deaths.event_id,
        road_deaths.area_code,
        road_deaths.event_key,
        road_deaths.event_date,
        runs_of_years.supply_run,
        case when samples.period_start is not null then 'synthetic' else 'computed' end as source_kind

    from road_deaths
    inner join runs_of_years
        on road_deaths.area_code = runs_of_years.area_code
        and road_deaths.period_start = runs_of_years.period_start
    left join samples on road_deaths.period_start = samples.period_start

)

select * from final
