{# The extracts that are new to a model with meta by_extract, as a list for `in`. Such a model keeps what it made and adds
   to it what is made of them; the refresh sets var new_extracts, or has the model built anew. #}
{% macro new_extracts(model_name) -%}
    ('{{ var('new_extracts', {}).get(model_name, []) | join("', '") }}')
{%- endmacro %}
