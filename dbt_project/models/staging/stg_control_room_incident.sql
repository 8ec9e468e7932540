with

records as (

    select * from {{ source('raw', 'control_room_incident') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('incident_id') }} as incident_id,
        created_at,
        {{ clean_text('first_grade') }} as first_grade,
        {{ clean_text('final_grade') }} as final_grade,
        dispatched_at,
        arrived_at,
        {{ clean_text('policing_unit') }} as policing_unit

    from records

)

select * from final
