-- A measure, or a breakdown of a return, without a tier would stay inside without anybody having decided so.
with

measures as (

    select measure_id as name from {{ ref('measure') }}

    union

    select measure_id as name from {{ ref('return_measure') }}

),

tiered as (

    select measure_id as name from {{ ref('disclosure_tier') }}

)

select measures.name as without_tier

from measures
left join tiered on measures.name = tiered.name

where tiered.name is null

union all

-- and one for a measure that there is not is a misspelling
select tiered.name as without_tier

from tiered
left join measures on tiered.name = measures.name

where measures.name is null

union all

select breakdowns.breakdown_type as without_tier

from {{ ref('return_breakdown') }} as breakdowns
left join {{ ref('disclosure_breakdown') }} as told on breakdowns.breakdown_type = told.breakdown_type

where told.breakdown_type is null
