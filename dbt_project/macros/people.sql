{# Formulas of the measures about people: who is searched, employed, surveyed and answered. #}

{# Whether a ratio of two rates may be shown: ten events and a thousand residents on both sides. #}
{% macro enough_for_ratio(events, reference_events, population, reference_population) -%}
    {{ return(adapter.dispatch('enough_for_ratio', 'fpw')(events, reference_events, population, reference_population)) }}
{%- endmacro %}
{% macro default__enough_for_ratio(events, reference_events, population, reference_population) -%}
    ({{ events }} >= 10 and {{ reference_events }} >= 10
    and {{ population }} >= 1000 and {{ reference_population }} >= 1000)
{%- endmacro %}


{# The 31 March nearest to the middle of a period of whole months; of the two equally near to a financial year the one
   that ends it. #}
{% macro nearest_march(period_start, period_end) -%}
    {{ return(adapter.dispatch('nearest_march', 'fpw')(period_start, period_end)) }}
{%- endmacro %}
{% macro default__nearest_march(period_start, period_end) -%}
    {%- set half = 'floor((' ~ fpw.months_between(period_start, period_end) ~ ' + 1) / 2)' -%}
    {# October to December, moved on by three months, fall into the year of the next March #}
    make_date(cast(year({{ fpw.add_months(period_start, half ~ ' + 3') }}) as integer), 3, 31)
{%- endmacro %}


{# Kish's design effect of a weighted sample: by how much unequal weights inflate the variance. `n` answers, the sum of
   their weights and the sum of the squares. #}
{% macro design_effect(n, weights, squared_weights) -%}
    {{ return(adapter.dispatch('design_effect', 'fpw')(n, weights, squared_weights)) }}
{%- endmacro %}
{% macro default__design_effect(n, weights, squared_weights) -%}
    ({{ n }} * cast({{ squared_weights }} as double) / nullif(power(cast({{ weights }} as double), 2), 0))
{%- endmacro %}


{# Two arrays as one, sorted, each value once; NULL is an array without values. #}
{% macro list_union(a, b) -%}{{ return(adapter.dispatch('list_union', 'fpw')(a, b)) }}{%- endmacro %}
{% macro default__list_union(a, b) -%}
    sort_array(array_union(coalesce({{ a }}, array()), coalesce({{ b }}, array())))
{%- endmacro %}
{% macro duckdb__list_union(a, b) -%}
    list_sort(list_distinct(list_concat(coalesce({{ a }}, []), coalesce({{ b }}, []))))
{%- endmacro %}


{# First value of an array; NULL of an empty one. #}
{% macro first_of(list) -%}{{ return(adapter.dispatch('first_of', 'fpw')(list)) }}{%- endmacro %}
{% macro default__first_of(list) -%}get({{ list }}, 0){%- endmacro %}
{% macro duckdb__first_of(list) -%}list_extract({{ list }}, 1){%- endmacro %}
