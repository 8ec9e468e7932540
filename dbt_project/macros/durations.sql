{# Days and their spread (docs: methods, complaints and conduct). #}

{# One row per day from first to last (both included), in one column `day`. #}
{% macro day_series(first, last) -%}{{ return(adapter.dispatch('day_series', 'fpw')(first, last)) }}{%- endmacro %}
{% macro default__day_series(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 day)) as day
{%- endmacro %}
{% macro duckdb__day_series(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date) as day
{%- endmacro %}


{# Days from a to b; the day after a is day 1. #}
{% macro days_between(a, b) -%}{{ return(adapter.dispatch('days_between', 'fpw')(a, b)) }}{%- endmacro %}
{% macro default__days_between(a, b) -%}datediff({{ b }}, {{ a }}){%- endmacro %}
{% macro duckdb__days_between(a, b) -%}date_diff('day', {{ a }}, {{ b }}){%- endmacro %}


{# Whether the day is one of Monday to Friday. #}
{% macro is_weekday(day) -%}{{ return(adapter.dispatch('is_weekday', 'fpw')(day)) }}{%- endmacro %}
{% macro default__is_weekday(day) -%}(weekday({{ day }}) < 5){%- endmacro %}
{% macro duckdb__is_weekday(day) -%}(isodow({{ day }}) < 6){%- endmacro %}


{# The value below which a share of the values lies, with linear interpolation between two of them. #}
{% macro quantile(expression, share) -%}
    {{ return(adapter.dispatch('quantile', 'fpw')(expression, share)) }}
{%- endmacro %}
{% macro default__quantile(expression, share) -%}percentile({{ expression }}, {{ share }}){%- endmacro %}
{% macro duckdb__quantile(expression, share) -%}quantile_cont({{ expression }}, {{ share }}){%- endmacro %}
