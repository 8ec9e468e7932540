with

records as (

    select * from {{ source('raw', 'stats19_vehicle') }}

),

-- -1 is the publisher's mark of a missing value
final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('collision_index') }} as collision_index,
        vehicle_reference,
        cast(nullif(vehicle_type, -1) as integer) as vehicle_type

    from records

)

select * from final
