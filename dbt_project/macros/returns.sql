{# How performance returns are written (pipelines/returns has the same rules, and lets nothing else in). #}

{# A name as it is compared: letters and digits only, in small letters. #}
{% macro plain_name(text) -%}{{ return(adapter.dispatch('plain_name', 'fpw')(text)) }}{%- endmacro %}
{% macro default__plain_name(text) -%}
    lower(regexp_replace(replace({{ text }}, '&', 'and'), '[^0-9A-Za-z]+', ''))
{%- endmacro %}
{% macro duckdb__plain_name(text) -%}
    lower(regexp_replace(replace({{ text }}, '&', 'and'), '[^0-9A-Za-z]+', '', 'g'))
{%- endmacro %}


{# A number, whatever separates its thousands. #}
{% macro return_number(text) -%}{{ return(adapter.dispatch('return_number', 'fpw')(text)) }}{%- endmacro %}
{% macro default__return_number(text) -%}
    cast(regexp_replace({{ text }}, '[^0-9.-]', '') as double)
{%- endmacro %}
{% macro duckdb__return_number(text) -%}
    cast(regexp_replace({{ text }}, '[^0-9.-]', '', 'g') as double)
{%- endmacro %}


{# month (2020-04), quarter (2020 Q4, of the financial year that starts in 2020), fin_year (2020/21), cal_year (2020) or
   snapshot (2020-03-31); NULL for anything else. #}
{% macro return_period_type(period) -%}
    {{ return(adapter.dispatch('return_period_type', 'fpw')(period)) }}
{%- endmacro %}
{% macro default__return_period_type(period) -%}
    case
        when regexp_extract({{ period }}, '^([0-9]{4})-[0-9]{2}$', 1) <> '' then 'month'
        when regexp_extract({{ period }}, '^([0-9]{4}) ?[Qq][1-4]$', 1) <> '' then 'quarter'
        when regexp_extract({{ period }}, '^([0-9]{4})/[0-9]{2}$', 1) <> '' then 'fin_year'
        when regexp_extract({{ period }}, '^([0-9]{4})$', 1) <> '' then 'cal_year'
        when regexp_extract({{ period }}, '^([0-9]{4})-[0-9]{2}-[0-9]{2}$', 1) <> '' then 'snapshot'
    end
{%- endmacro %}


{# First day of such a period. #}
{% macro return_period_start(period) -%}
    {{ return(adapter.dispatch('return_period_start', 'fpw')(period)) }}
{%- endmacro %}
{% macro default__return_period_start(period) -%}
    {%- set year = "cast(substr(" ~ period ~ ", 1, 4) as integer)" -%}
    case {{ fpw.return_period_type(period) }}
        when 'month' then cast(concat({{ period }}, '-01') as date)
        when 'quarter'
            then {{ fpw.add_months(
                "make_date(" ~ year ~ ", 4, 1)", "3 * (cast(right(" ~ period ~ ", 1) as integer) - 1)"
            ) }}
        when 'fin_year' then make_date({{ year }}, 4, 1)
        when 'cal_year' then make_date({{ year }}, 1, 1)
        when 'snapshot' then cast({{ period }} as date)
    end
{%- endmacro %}


{# Last day of such a period, whose type and first day are given. #}
{% macro return_period_end(period_type, period_start) -%}
    {{ return(adapter.dispatch('return_period_end', 'fpw')(period_type, period_start)) }}
{%- endmacro %}
{% macro default__return_period_end(period_type, period_start) -%}
    case {{ period_type }}
        when 'month' then {{ fpw.month_end(period_start) }}
        when 'quarter' then {{ fpw.month_end(fpw.add_months(period_start, 2)) }}
        when 'fin_year' then {{ fpw.month_end(fpw.add_months(period_start, 11)) }}
        when 'cal_year' then {{ fpw.month_end(fpw.add_months(period_start, 11)) }}
        else {{ period_start }}
    end
{%- endmacro %}
