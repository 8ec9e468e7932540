with

records as (

    select * from {{ source('raw', 'police_uk_street') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('crime_id') }} as crime_id,
        month,
        {{ clean_text('reported_by') }} as reported_by,
        {{ clean_text('falls_within') }} as falls_within,
        longitude,
        latitude,
        {{ location_name('location') }} as location_name,
        {{ is_located('location') }} as is_located,
        {{ clean_text('lsoa_code') }} as lsoa_code,
        {{ clean_text('lsoa_name') }} as lsoa_name,
        {{ lad_name('lsoa_name') }} as lad_name,
        {{ clean_text('crime_type') }} as crime_type,
        {{ clean_text('last_outcome_category') }} as last_outcome_category,
        {{ clean_text('context') }} as context

    from records

)

select * from final
