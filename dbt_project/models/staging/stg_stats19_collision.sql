with

records as (

    select * from {{ source('raw', 'stats19_collision') }}

),

-- -1 is the publisher's mark of a missing value
final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('collision_index') }} as collision_index,
        collision_date,
        cast(nullif(police_force, -1) as integer) as police_force,
        cast(nullif(number_of_casualties, -1) as integer) as number_of_casualties,
        cast(nullif(first_road_class, -1) as integer) as first_road_class

    from records

)

select * from final
