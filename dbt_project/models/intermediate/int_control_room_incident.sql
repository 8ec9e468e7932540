with

incidents as (

    select * from {{ ref('stg_control_room_incident') }}

),

labels as (

    select * from {{ ref('control_room_label') }} where field = 'grade'

),

forces as (

    select * from {{ ref('force') }}

),

timed as (

    select
        incidents.*,
        first_labels.meaning as first_grade_group,
        final_labels.meaning as final_grade_group,
        forces.area_code,
        {{ seconds_between('incidents.created_at', 'incidents.arrived_at') }} as seconds_to_arrival

    from incidents
    left join labels as first_labels on lower(incidents.first_grade) = first_labels.label
    left join labels as final_labels on lower(incidents.final_grade) = final_labels.label
    left join forces on incidents.force = forces.force

),

final as (

    select
        extract_id,
        line,
        force,
        area_code,
        period_start,
        incident_id,
        created_at,
        first_grade_group,
        final_grade_group,
        coalesce(policing_unit, 'unknown') as policing_unit,
        -- nobody arrives before the incident exists: one of the times is wrong
        case when seconds_to_arrival >= 0 then seconds_to_arrival end as seconds_to_arrival

    from timed

)

select * from final
