-- A main target asks for more of what should rise and for less of what should fall, and a plan wants what the measure does.
with

indicators as (

    select * from {{ ref('plan_indicator') }}

),

targets as (

    select * from {{ ref('plan_target') }} where is_main

),

measures as (

    select * from {{ ref('measure') }}

)

select
    indicators.plan_indicator_id,
    indicators.direction,
    measures.direction as direction_of_measure,
    targets.target_id,
    targets.comparison

from indicators
left join measures on indicators.measure_id = measures.measure_id
left join targets on indicators.plan_indicator_id = targets.plan_indicator_id

where
    (indicators.direction = 'higher' and targets.comparison = 'at_most')
    or (indicators.direction = 'lower' and targets.comparison = 'at_least')
    or (indicators.direction = 'higher' and measures.direction = 'lower')
    or (indicators.direction = 'lower' and measures.direction = 'higher')
