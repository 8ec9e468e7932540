with

records as (

    select * from {{ source('raw', 'stats19_casualty') }}

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
        cast(nullif(casualty_class, -1) as integer) as casualty_class,
        cast(nullif(casualty_type, -1) as integer) as casualty_type,
        case casualty_severity
            when 1 then 'fatal'
            when 2 then 'serious'
            when 3 then 'slight'
        end as severity,
        case enhanced_casualty_severity
            when 1 then 'fatal'
            when 5 then 'very serious'
            when 6 then 'moderately serious'
            when 7 then 'less serious'
            when 3 then 'slight'
        end as enhanced_severity,
        case injury_based when 1 then true when 0 then false end as is_injury_based,
        nullif(adjusted_serious, -1) as adjusted_serious,
        nullif(adjusted_slight, -1) as adjusted_slight

    from records

)

select * from final
