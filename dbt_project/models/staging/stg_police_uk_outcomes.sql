with

records as (

    select * from {{ source('raw', 'police_uk_outcomes') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        trim(crime_id) as crime_id,
        month,
        trim(reported_by) as reported_by,
        trim(falls_within) as falls_within,
        longitude,
        latitude,
        {{ location_name('location') }} as location_name,
        {{ is_located('location') }} as is_located,
        trim(lsoa_code) as lsoa_code,
        trim(lsoa_name) as lsoa_name,
        {{ lad_name('lsoa_name') }} as lad_name,
        trim(outcome_type) as outcome_type

    from records

)

select * from final
