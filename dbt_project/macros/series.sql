{# A series is one measure of one area, cut and made one way, over its periods: what may be compared with itself. #}

{# What the denominators of a series have in common: the census of a year, mid-year estimates of whatever year and
   edition; NULL where it has none. #}
{% macro denominator_basis(denominator_id) -%}
    {{ return(adapter.dispatch('denominator_basis', 'fpw')(denominator_id)) }}
{%- endmacro %}
{% macro default__denominator_basis(denominator_id) -%}
    (case
        when {{ denominator_id }} like 'ons_mye_%' then 'mid_year_estimate'
        else {{ denominator_id }}
    end)
{%- endmacro %}


{# Key of the series that a row of the standard shape belongs to, as text that people can read. `row` is the alias. #}
{% macro series_id(row) -%}{{ return(adapter.dispatch('series_id', 'fpw')(row)) }}{%- endmacro %}
{% macro default__series_id(row) -%}
    concat_ws(
        '|', {{ row }}.measure_id, {{ row }}.area_code, {{ row }}.period_type, {{ row }}.method_id,
        coalesce({{ fpw.denominator_basis(row ~ '.denominator_id') }}, '-'),
        coalesce({{ row }}.breakdown_type, '-'), coalesce({{ row }}.breakdown_value, '-')
    )
{%- endmacro %}


{# Whether a row of seed series_break or rebase is about a row of the standard shape. An empty cell of the seed holds
   for all areas, methods or breakdowns. Both arguments are aliases. #}
{% macro is_about(seed, row) -%}{{ return(adapter.dispatch('is_about', 'fpw')(seed, row)) }}{%- endmacro %}
{% macro default__is_about(seed, row) -%}
    {{ seed }}.measure_id = {{ row }}.measure_id
    {% for column in ['area_code', 'method_id', 'breakdown_type', 'breakdown_value'] -%}
    and ({{ seed }}.{{ column }} is null or {{ seed }}.{{ column }} = {{ row }}.{{ column }})
    {% endfor %}
{%- endmacro %}
