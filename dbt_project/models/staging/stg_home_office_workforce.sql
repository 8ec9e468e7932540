with

records as (

    select * from {{ source('raw', 'home_office_workforce') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ month_end('snapshot_month') }} as snapshot_date,
        {{ clean_text('area_code') }} as area_code,
        {{ clean_text('force_name') }} as force_name,
        {{ clean_text('region') }} as region,
        {{ clean_text('sex') }} as sex,
        {{ clean_text('rank') }} as rank,
        {{ clean_text('worker_type') }} as worker_type,
        cast({{ cell_value('headcount_text') }} as bigint) as headcount,
        {{ cell_marker('headcount_text') }} as headcount_marker,
        {{ cell_value('fte_text') }} as fte,
        {{ cell_marker('fte_text') }} as fte_marker

    from records

)

select * from final
