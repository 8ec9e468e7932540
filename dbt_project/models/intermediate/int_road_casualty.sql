with

casualties as (

    select * from {{ ref('stg_stats19_casualty') }}

),

collisions as (

    select * from {{ ref('stg_stats19_collision') }}

),

adjustments as (

    select * from {{ ref('stg_stats19_casualty_adjustment') }}

),

forces as (

    select * from {{ ref('force') }}

),

joined as (

    select
        casualties.extract_id,
        casualties.line,
        casualties.period_start,
        casualties.collision_index,
        casualties.vehicle_reference,
        casualties.casualty_reference,
        casualties.casualty_class,
        casualties.casualty_type,
        casualties.severity,
        casualties.enhanced_severity,
        coalesce(casualties.adjusted_serious, adjustments.adjusted_serious) as adjusted_serious,
        collisions.collision_index is not null as has_collision,
        collisions.collision_date,
        collisions.first_road_class,
        collisions.police_force is null as is_force_from_reference,
        -- the collision file comes first: City of London collisions may bear a reference of the Metropolitan Police
        coalesce(
            collisions.police_force,
            cast(nullif(regexp_extract(casualties.collision_index, '^[0-9]{4}([0-9]{2})', 1), '') as integer)
        ) as police_force

    from casualties
    left join collisions on casualties.collision_index = collisions.collision_index
    left join adjustments
        on casualties.collision_index = adjustments.collision_index
        and casualties.vehicle_reference = adjustments.vehicle_reference
        and casualties.casualty_reference = adjustments.casualty_reference

),

final as (

    select
        joined.extract_id,
        joined.line,
        joined.period_start,
        joined.collision_index,
        joined.vehicle_reference,
        joined.casualty_reference,
        joined.has_collision,
        joined.collision_date,
        joined.police_force,
        joined.is_force_from_reference,
        forces.area_code,
        joined.first_road_class,
        case
            when joined.first_road_class = 1 then 'motorway'
            when joined.first_road_class = 2 then 'a_m'
            when joined.first_road_class is not null then 'other'
        end as road_class_group,
        joined.casualty_class,
        joined.casualty_type,
        joined.severity,
        joined.enhanced_severity,
        joined.severity in ('fatal', 'serious') as is_ksi,
        -- a death is counted as one whatever the table says of it
        case when joined.severity = 'fatal' then null else joined.adjusted_serious end as adjusted_serious

    from joined
    left join forces on joined.police_force = forces.stats19_police_force

)

select * from final
