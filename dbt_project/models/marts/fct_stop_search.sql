with

searches as (

    select * from {{ ref('int_stop_search') }}

)

select
    extract_id,
    line,
    force,
    area_code,
    period_start as month,
    searched_at,
    search_date,
    search_type,
    is_person_searched,
    is_policing_operation,
    policing_operation,
    latitude,
    longitude,
    gender,
    age_range,
    self_defined_ethnicity,
    self_defined_group,
    officer_defined_ethnicity,
    officer_defined_group,
    legislation,
    object_of_search,
    outcome,
    is_positive_outcome,
    is_outcome_linked,
    is_clothing_removed,
    source_kind

from searches
