with

records as (

    select * from {{ source('raw', 'control_room_call') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('call_id') }} as call_id,
        {{ clean_text('call_line') }} as call_line,
        queued_at,
        answered_at,
        abandoned_at,
        is_abandoned,
        wait_seconds

    from records

)

select * from final
