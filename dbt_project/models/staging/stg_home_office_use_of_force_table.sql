with

cells as (

    select * from {{ source('raw', 'home_office_use_of_force_table') }}

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
        coalesce({{ fin_year_in('financial_year') }}, {{ fin_year_start('period_end') }}) as fin_year_start,
        {{ clean_text('region') }} as region,
        {{ clean_text('area_name') }} as area_name,
        {{ clean_text('tactic_group') }} as tactic_group,
        {{ clean_text('tactic') }} as tactic,
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
