{# A text literal, or a NULL of type text. #}
{% macro text_literal(value) -%}
    cast({{ 'null' if value is none else "'" ~ value ~ "'" }} as varchar)
{%- endmacro %}
