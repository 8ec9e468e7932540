{# Cells of official statistics: a number, or a marker that says why there is none (seed official_marker). #}

{# The number in a cell, with or without thousands separators; NULL where there is none. -00 is a zero: so the
   publisher's spreadsheet shows it. #}
{% macro cell_value(text) -%}{{ return(adapter.dispatch('cell_value', 'fpw')(text)) }}{%- endmacro %}
{% macro default__cell_value(text) -%}
    (cast(nullif(regexp_extract(
        replace(trim({{ text }}), ',', ''), '^[-+]?[0-9]*[.]?[0-9]+([eE][-+]?[0-9]+)?$', 0
    ), '') as double) + 0)
{%- endmacro %}


{# What stands in a cell instead of a number; NULL in a cell with a number and in an empty one. #}
{% macro cell_marker(text) -%}{{ return(adapter.dispatch('cell_marker', 'fpw')(text)) }}{%- endmacro %}
{% macro default__cell_marker(text) -%}
    case when {{ fpw.cell_value(text) }} is null then {{ fpw.clean_text(text) }} end
{%- endmacro %}


{# The columns of a staged table of cells: those that every such table has, and texts of its own. #}
{% macro cell_columns(own_texts) -%}
    extract_id,
        line,
        force,
        period_start,
        period_end,
        {%- set texts = ['table_id', 'table_title', 'sheet', 'cell', 'area_name'] + own_texts
            + ['column_group', 'column_label', 'unit', 'value_text'] %}
        {%- for text in texts %}
        {{ fpw.clean_text(text) }} as {{ text }},
        {%- endfor %}
        {{ fpw.cell_value('value_text') }} as value,
        {{ fpw.cell_marker('value_text') }} as marker
{%- endmacro %}


{# First day of the financial year in a text such as 2017/18. #}
{% macro fin_year_in(text) -%}{{ return(adapter.dispatch('fin_year_in', 'fpw')(text)) }}{%- endmacro %}
{% macro default__fin_year_in(text) -%}
    make_date(cast(nullif(regexp_extract({{ text }}, '^[[:space:]]*([0-9]{4})', 1), '') as integer), 4, 1)
{%- endmacro %}
