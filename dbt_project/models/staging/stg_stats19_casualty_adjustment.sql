with

records as (

    select * from {{ source('raw', 'stats19_casualty_adjustment') }}

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
        casualty_reference,
        case injury_based when 1 then true when 0 then false end as is_injury_based,
        nullif(adjusted_serious, -1) as adjusted_serious,
        nullif(adjusted_slight, -1) as adjusted_slight

    from records

)

select * from final
