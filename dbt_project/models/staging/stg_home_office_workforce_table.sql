with

cells as (

    select * from {{ source('raw', 'home_office_workforce_table') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ clean_text('table_id') }} as table_id,
        {{ clean_text('table_title') }} as table_title,
        nullif(regexp_extract(table_title, ': (.+?)( combined)? by police force area', 1), '') as worker_type,
        period_end,
        {{ clean_text('sheet') }} as sheet,
        {{ clean_text('cell') }} as cell,
        {{ clean_text('area_name') }} as area_name,
        {{ clean_text('area_kind') }} as area_kind,
        {{ clean_text('column_group') }} as column_group,
        {{ clean_text('column_label') }} as column_label,
        try_cast(column_label as date) as snapshot_date,
        {{ clean_text('unit') }} as unit,
        {{ clean_text('value_text') }} as value_text,
        {{ cell_value('value_text') }} as value,
        {{ cell_marker('value_text') }} as marker

    from cells

)

select * from final
