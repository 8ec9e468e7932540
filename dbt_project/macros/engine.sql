{# Spellings that differ between DuckDB and Spark, kept in one place. #}

{# Distinct values that are not NULL, sorted, as one array; an empty array when there are none. #}
{% macro sorted_list(expression) -%}{{ return(adapter.dispatch('sorted_list', 'fpw')(expression)) }}{%- endmacro %}
{% macro default__sorted_list(expression) -%}sort_array(collect_set({{ expression }})){%- endmacro %}
{% macro duckdb__sorted_list(expression) -%}
    coalesce(list_sort(list(distinct {{ expression }}) filter (where {{ expression }} is not null)), [])
{%- endmacro %}


{# The same over the current row and the n - 1 rows before it. #}
{% macro sorted_list_over(expression, partition_by, order_by, n) -%}
    {{ return(adapter.dispatch('sorted_list_over', 'fpw')(expression, partition_by, order_by, n)) }}
{%- endmacro %}
{% macro default__sorted_list_over(expression, partition_by, order_by, n) -%}
    sort_array(collect_set({{ expression }}) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between {{ n - 1 }} preceding and current row
    ))
{%- endmacro %}
{% macro duckdb__sorted_list_over(expression, partition_by, order_by, n) -%}
    list_sort(list_distinct(coalesce(list({{ expression }}) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between {{ n - 1 }} preceding and current row
    ), [])))
{%- endmacro %}


{# An array that holds the one value, or nothing when the value is NULL. #}
{% macro list_of(expression) -%}{{ return(adapter.dispatch('list_of', 'fpw')(expression)) }}{%- endmacro %}
{% macro default__list_of(expression) -%}
    case when {{ expression }} is null then array() else array({{ expression }}) end
{%- endmacro %}
{% macro duckdb__list_of(expression) -%}
    case when {{ expression }} is null then cast([] as varchar[]) else [{{ expression }}] end
{%- endmacro %}


{# Sum of numbers that may have a fraction, added up in their own order: in another order the last bits may differ, and
   two builds are to agree in every bit. Whole numbers may be added plainly. `over` is a window: its name, or its
   definition in brackets. #}
{% macro ordered_sum(number, over=none) -%}
    {{ return(adapter.dispatch('ordered_sum', 'fpw')(number, over)) }}
{%- endmacro %}
{% macro default__ordered_sum(number, over) -%}
    (case
        when count({{ number }}){{ ' over ' ~ over if over }} > 0 then aggregate(
            array_sort(collect_list({{ number }}){{ ' over ' ~ over if over }}), 0.0e0, (total, item) -> total + item
        )
    end)
{%- endmacro %}
{% macro duckdb__ordered_sum(number, over) -%}
    {% if over -%}
        list_sum(list_sort(list(cast({{ number }} as double)) over {{ over }}))
    {%- else -%}
        sum(cast({{ number }} as double) order by {{ number }})
    {%- endif %}
{%- endmacro %}


{# Their mean, likewise. #}
{% macro ordered_avg(number) -%}{{ return(adapter.dispatch('ordered_avg', 'fpw')(number)) }}{%- endmacro %}
{% macro default__ordered_avg(number) -%}({{ fpw.ordered_sum(number) }} / count({{ number }})){%- endmacro %}
{% macro duckdb__ordered_avg(number) -%}avg({{ number }} order by {{ number }}){%- endmacro %}


{# Text for printing a date, with strftime's placeholders on DuckDB (%b %Y) and Spark's pattern beside it. #}
{% macro date_text(date, duckdb_format, spark_format) -%}
    {{ return(adapter.dispatch('date_text', 'fpw')(date, duckdb_format, spark_format)) }}
{%- endmacro %}
{% macro default__date_text(date, duckdb_format, spark_format) -%}date_format({{ date }}, '{{ spark_format }}'){%- endmacro %}
{% macro duckdb__date_text(date, duckdb_format, spark_format) -%}strftime({{ date }}, '{{ duckdb_format }}'){%- endmacro %}


{# This moment as TIMESTAMP, UTC. #}
{% macro utc_now() -%}{{ return(adapter.dispatch('utc_now', 'fpw')()) }}{%- endmacro %}
{% macro default__utc_now() -%}to_utc_timestamp(current_timestamp(), current_timezone()){%- endmacro %}
{% macro duckdb__utc_now() -%}cast(now() at time zone 'UTC' as timestamp){%- endmacro %}
