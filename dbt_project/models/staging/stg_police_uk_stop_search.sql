with

records as (

    select * from {{ source('raw', 'police_uk_stop_search') }}

),

-- published in UTC: a search of a summer night belongs to another day, and 0.2 % to another month
localised as (

    select
        *,
        {{ london_time('searched_at') }} as searched_at_london

    from records

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('search_type') }} as search_type,
        searched_at_london as searched_at,
        cast(searched_at_london as date) as search_date,
        is_policing_operation,
        {{ clean_text('policing_operation') }} as policing_operation,
        latitude,
        longitude,
        longitude is not null and latitude is not null as is_located,
        {{ clean_text('gender') }} as gender,
        {{ clean_text('age_range') }} as age_range,
        {{ clean_text('self_defined_ethnicity') }} as self_defined_ethnicity,
        {{ clean_text('officer_defined_ethnicity') }} as officer_defined_ethnicity,
        {{ clean_text('legislation') }} as legislation,
        {{ clean_text('object_of_search') }} as object_of_search,
        {{ clean_text('outcome') }} as outcome,
        is_outcome_linked,
        is_clothing_removed

    from localised

)

select * from final
