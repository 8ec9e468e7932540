{{ config(alias='caveat') }}

with

caveats as (

    select * from {{ ref('caveat') }}

),

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

-- what is said of a measure belongs beside every indicator it is placed in
final as (

    select
        caveats.caveat_id,
        indicators.plan_indicator_id,
        coalesce(caveats.measure_id, indicators.measure_id) as measure_id,
        case when caveats.measure_id is null then 'indicator' else 'measure' end as said_of,
        caveats.valid_from,
        caveats.valid_to,
        caveats.caveat

    from caveats
    left join indicators
        on caveats.plan_indicator_id = indicators.plan_indicator_id
        or caveats.measure_id = indicators.measure_id

    -- what is said of an indicator goes where the indicator goes
    where caveats.measure_id is not null or indicators.plan_indicator_id is not null

)

select * from final
