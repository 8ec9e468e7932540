with

crimes as (

    select * from {{ ref('int_street_crime_month') }}

)

select
    force,
    area_code,
    month,
    lad_code,
    location_status,
    crime_type,
    is_crime,
    crime_count,
    source_kind,
    extract_id

from crimes
