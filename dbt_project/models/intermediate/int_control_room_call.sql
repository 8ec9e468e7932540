with

calls as (

    select * from {{ ref('stg_control_room_call') }}

),

labels as (

    select * from {{ ref('control_room_label') }} where field = 'line'

),

forces as (

    select * from {{ ref('force') }}

),

told as (

    select
        calls.*,
        labels.meaning as line_group,
        forces.area_code,
        coalesce(calls.is_abandoned, false) or calls.abandoned_at is not null as is_told_abandoned

    from calls
    left join labels on lower(calls.call_line) = labels.label
    left join forces on calls.force = forces.force

),

judged as (

    select
        *,
        -- a call that is neither answered nor abandoned, or both, is taken for neither
        case
            when answered_at is not null and not is_told_abandoned then 'answered'
            when answered_at is null and is_told_abandoned then 'abandoned'
            else 'unknown'
        end as outcome,
        -- what the telephone system measured needs no clock
        coalesce(wait_seconds, {{ seconds_between('queued_at', 'answered_at') }}) as seconds_to_answer

    from told

),

final as (

    select
        extract_id,
        line,
        force,
        area_code,
        period_start,
        call_id,
        line_group,
        queued_at,
        outcome,
        -- answered before it was queued: one of the times is wrong
        case when outcome = 'answered' and seconds_to_answer >= 0 then seconds_to_answer end as seconds_to_answer

    from judged

)

select * from final
