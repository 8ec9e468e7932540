with

records as (

    select * from {{ ref('int_street_record_count') }}

),

source_months as (

    select * from {{ ref('int_source_month') }} where source = 'police_uk_street'

),

forces as (

    select * from {{ ref('force') }}

),

crime_types as (

    select * from {{ ref('street_crime_type') }}

),

authority_names as (

    select * from {{ ref('int_local_authority_name') }}

),

placed as (

    select
        records.force,
        forces.area_code,
        records.month,
        case when records.is_located then authority_names.measured_lad_code end as lad_code,
        case
            when not records.is_located then 'no_location'
            when authority_names.measured_lad_code is null then 'unknown_authority'
            when authority_names.force_area_code = forces.area_code then 'in_force'
            else 'outside_force'
        end as location_status,
        records.crime_type,
        records.record_count

    from records
    left join forces on records.force = forces.force
    left join authority_names on lower(records.lad_name) = authority_names.name_key

),

summed as (

    select
        force,
        area_code,
        month,
        lad_code,
        location_status,
        crime_type,
        cast(sum(record_count) as bigint) as crime_count

    from placed

    group by force, area_code, month, lad_code, location_status, crime_type

),

final as (

    select
        summed.force,
        summed.area_code,
        summed.month,
        summed.lad_code,
        summed.location_status,
        summed.crime_type,
        crime_types.is_crime,
        summed.crime_count,
        case when source_months.is_sample then 'synthetic' else 'computed' end as source_kind,
        source_months.extract_id

    from summed
    left join crime_types on summed.crime_type = crime_types.crime_type
    left join source_months
        on summed.force = source_months.force
        and summed.month = source_months.month

)

select * from final
