with

measures as (

    select * from {{ ref('measure') }}

)

select
    measure_id,
    name as measure_name,
    family,
    unit,
    direction,
    definition,
    numerator,
    denominator,
    method

from measures
