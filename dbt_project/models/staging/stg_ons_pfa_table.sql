with

cells as (

    select * from {{ source('raw', 'ons_pfa_table') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('table_id') }} as table_id,
        {{ clean_text('table_title') }} as table_title,
        period_end,
        {{ clean_text('sheet') }} as sheet,
        {{ clean_text('cell') }} as cell,
        {{ clean_text('area_code') }} as area_code,
        {{ clean_text('area_name') }} as area_name,
        {{ clean_text('area_kind') }} as area_kind,
        {{ clean_text('column_group') }} as column_group,
        {{ clean_text('column_label') }} as column_label,
        {{ clean_text('unit') }} as unit,
        {{ clean_text('value_text') }} as value_text,
        {{ cell_value('value_text') }} as value,
        {{ cell_marker('value_text') }} as marker

    from cells

)

select * from final
