{# Dates and periods. Months are the first day of the month as DATE; financial years run April to March. #}

{# First day of the financial year in which the date falls. #}
{% macro fin_year_start(date) -%}{{ return(adapter.dispatch('fin_year_start', 'fpw')(date)) }}{%- endmacro %}
{% macro default__fin_year_start(date) -%}
    make_date(cast(year({{ date }}) - case when month({{ date }}) < 4 then 1 else 0 end as integer), 4, 1)
{%- endmacro %}


{# Last day of the financial year in which the date falls. #}
{% macro fin_year_end(date) -%}{{ return(adapter.dispatch('fin_year_end', 'fpw')(date)) }}{%- endmacro %}
{% macro default__fin_year_end(date) -%}
    make_date(cast(year({{ date }}) + case when month({{ date }}) < 4 then 0 else 1 end as integer), 3, 31)
{%- endmacro %}


{# Calendar months from the month of a to the month of b; negative when b is earlier. #}
{% macro months_between(a, b) -%}{{ return(adapter.dispatch('months_between', 'fpw')(a, b)) }}{%- endmacro %}
{% macro default__months_between(a, b) -%}
    ((year({{ b }}) - year({{ a }})) * 12 + month({{ b }}) - month({{ a }}))
{%- endmacro %}


{# The date n months later (n may be negative), as DATE. #}
{% macro add_months(date, n) -%}{{ return(adapter.dispatch('add_months', 'fpw')(date, n)) }}{%- endmacro %}
{% macro default__add_months(date, n) -%}cast(add_months({{ date }}, {{ n }}) as date){%- endmacro %}
{% macro duckdb__add_months(date, n) -%}
    cast({{ date }} + to_months(cast({{ n }} as integer)) as date)
{%- endmacro %}


{# Last day of the month in which the date falls. #}
{% macro month_end(date) -%}{{ return(adapter.dispatch('month_end', 'fpw')(date)) }}{%- endmacro %}
{% macro default__month_end(date) -%}last_day({{ date }}){%- endmacro %}


{# One row per month from first to last (both included), in one column `month`. #}
{% macro month_series(first, last) -%}
    {{ return(adapter.dispatch('month_series', 'fpw')(first, last)) }}
{%- endmacro %}
{% macro default__month_series(first, last) -%}
    select explode(sequence({{ first }}, {{ last }}, interval 1 month)) as month
{%- endmacro %}
{% macro duckdb__month_series(first, last) -%}
    select cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 month)) as date) as month
{%- endmacro %}


{# Calendar year in which the middle of the period falls; both ends belong to the period. #}
{% macro middle_year(period_start, period_end) -%}
    {{ return(adapter.dispatch('middle_year', 'fpw')(period_start, period_end)) }}
{%- endmacro %}
{% macro default__middle_year(period_start, period_end) -%}
    year(date_add({{ period_start }}, cast(floor((datediff({{ period_end }}, {{ period_start }}) + 1) / 2) as int)))
{%- endmacro %}
{% macro duckdb__middle_year(period_start, period_end) -%}
    year({{ period_start }} + cast(({{ period_end }} - {{ period_start }} + 1) // 2 as integer))
{%- endmacro %}


{# First and last day of a row of a seed that is valid for a time: an empty day leaves that end open. #}
{% macro open_start(valid_from) -%}{{ return(adapter.dispatch('open_start', 'fpw')(valid_from)) }}{%- endmacro %}
{% macro default__open_start(valid_from) -%}coalesce({{ valid_from }}, date '1900-01-01'){%- endmacro %}
{% macro open_end(valid_to) -%}{{ return(adapter.dispatch('open_end', 'fpw')(valid_to)) }}{%- endmacro %}
{% macro default__open_end(valid_to) -%}coalesce({{ valid_to }}, date '2999-12-31'){%- endmacro %}


{# The moment as a clock in London shows it: TIMESTAMP without zone. #}
{% macro london_time(moment) -%}{{ return(adapter.dispatch('london_time', 'fpw')(moment)) }}{%- endmacro %}
{% macro default__london_time(moment) -%}from_utc_timestamp({{ moment }}, 'Europe/London'){%- endmacro %}
{% macro duckdb__london_time(moment) -%}timezone('Europe/London', {{ moment }}){%- endmacro %}


{# First day of the calendar year in which the date falls. #}
{% macro cal_year_start(date) -%}{{ return(adapter.dispatch('cal_year_start', 'fpw')(date)) }}{%- endmacro %}
{% macro default__cal_year_start(date) -%}make_date(cast(year({{ date }}) as integer), 1, 1){%- endmacro %}


{# Days of a period; both ends belong to it. #}
{% macro days_in_period(period_start, period_end) -%}
    {{ return(adapter.dispatch('days_in_period', 'fpw')(period_start, period_end)) }}
{%- endmacro %}
{% macro default__days_in_period(period_start, period_end) -%}
    cast(datediff({{ period_end }}, {{ period_start }}) + 1 as integer)
{%- endmacro %}
{% macro duckdb__days_in_period(period_start, period_end) -%}
    cast({{ period_end }} - {{ period_start }} + 1 as integer)
{%- endmacro %}


{# Whether 29 February lies in a period of at most a year. #}
{% macro holds_leap_day(period_start, period_end) -%}
    {{ return(adapter.dispatch('holds_leap_day', 'fpw')(period_start, period_end)) }}
{%- endmacro %}
{% macro default__holds_leap_day(period_start, period_end) -%}
    (
        {%- for date in [period_start, period_end] %}
        {%- set february = 'make_date(cast(year(' ~ date ~ ') as integer), 2, 1)' %}
        {% if not loop.first %}or {% endif -%}
        day({{ fpw.month_end(february) }}) = 29
        and {{ fpw.month_end(february) }} between {{ period_start }} and {{ period_end }}
        {%- endfor %}
    )
{%- endmacro %}
