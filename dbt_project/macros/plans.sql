{# Targets and verdicts (docs: plans). #}

{# Value on the straight line through two points in time; times are dates. #}
{% macro on_the_line(from_date, from_value, to_date, to_value, date) -%}
    {{ return(adapter.dispatch('on_the_line', 'fpw')(from_date, from_value, to_date, to_value, date)) }}
{%- endmacro %}
{% macro default__on_the_line(from_date, from_value, to_date, to_value, date) -%}
    ({{ from_value }} + ({{ to_value }} - {{ from_value }})
    * {{ fpw.months_between(from_date, date) }}
    / nullif(cast({{ fpw.months_between(from_date, to_date) }} as double), 0))
{%- endmacro %}


{# Whether a value is on the wanted side of a target: comparison is at_least, at_most or equal. #}
{% macro keeps_target(value, comparison, target) -%}
    {{ return(adapter.dispatch('keeps_target', 'fpw')(value, comparison, target)) }}
{%- endmacro %}
{% macro default__keeps_target(value, comparison, target) -%}
    (case {{ comparison }}
        when 'at_least' then {{ value }} >= {{ target }}
        when 'at_most' then {{ value }} <= {{ target }}
        when 'equal' then {{ fpw.same_number(value, target) }}
    end)
{%- endmacro %}


{# Decimals with which a value is printed: counts and money whole, shares one, everything else one or two. #}
{% macro value_decimals(value, kind, unit) -%}
    {{ return(adapter.dispatch('value_decimals', 'fpw')(value, kind, unit)) }}
{%- endmacro %}
{% macro default__value_decimals(value, kind, unit) -%}
    (case
        when {{ kind }} = 'count' then 0
        when {{ kind }} = 'share' then 1
        when {{ unit }} in ('GBP', 'headcount', 'days', 'count') then 0
        when {{ unit }} = 'GBP million' then 2
        when {{ unit }} = 'percent' then 1
        when abs({{ value }}) < 10 and {{ kind }} <> 'ratio' then 2
        else 1
    end)
{%- endmacro %}


{# A value as a board reads it: with those decimals, money and shares with their sign. #}
{% macro value_text(value, kind, unit) -%}
    {{ return(adapter.dispatch('value_text', 'fpw')(value, kind, unit)) }}
{%- endmacro %}
{% macro default__value_text(value, kind, unit) -%}
    (case when {{ unit }} in ('GBP', 'GBP million') then '£' else '' end
    || case {{ fpw.value_decimals(value, kind, unit) }}
        when 0 then {{ fpw.number_text(value, 0) }}
        when 1 then {{ fpw.number_text(value, 1) }}
        else {{ fpw.number_text(value, 2) }}
    end
    || case
        when {{ kind }} = 'share' or {{ unit }} = 'percent' then ' %'
        when {{ unit }} = 'GBP million' then ' million'
        else ''
    end)
{%- endmacro %}


{# The text of a value with its unit behind it, where the text does not say it. #}
{% macro with_unit(text, kind, unit) -%}{{ return(adapter.dispatch('with_unit', 'fpw')(text, kind, unit)) }}{%- endmacro %}
{% macro default__with_unit(text, kind, unit) -%}
    (case
        when {{ kind }} in ('count', 'share') or {{ unit }} in ('count', 'percent', 'GBP', 'GBP million', 'rate ratio')
            then {{ text }}
        when {{ kind }} = 'ratio' then {{ text }}
        else concat({{ text }}, ' ', {{ unit }})
    end)
{%- endmacro %}


{# A period as it is spoken of: 2020/21, 2020, October to December 2020, year ending March 2021, March 2021. #}
{% macro period_text(period_type, period_start, period_end) -%}
    {{ return(adapter.dispatch('period_text', 'fpw')(period_type, period_start, period_end)) }}
{%- endmacro %}
{% macro default__period_text(period_type, period_start, period_end) -%}
    {%- set month_end = fpw.date_text(period_end, '%B %Y', 'MMMM yyyy') -%}
    (case {{ period_type }}
        when 'fin_year' then concat(
            cast(year({{ period_start }}) as varchar), '/', right(cast(year({{ period_end }}) as varchar), 2)
        )
        when 'cal_year' then cast(year({{ period_start }}) as varchar)
        when 'rolling_12m' then concat('the year ending ', {{ month_end }})
        when 'quarter' then concat({{ fpw.date_text(period_start, '%B', 'MMMM') }}, ' to ', {{ month_end }})
        when 'snapshot' then {{ fpw.date_text(period_end, '%-d %B %Y', 'd MMMM yyyy') }}
        else {{ month_end }}
    end)
{%- endmacro %}


{# The same at the head of a row or a column. #}
{% macro period_label(period_type, period_start, period_end) -%}
    {{ return(adapter.dispatch('period_label', 'fpw')(period_type, period_start, period_end)) }}
{%- endmacro %}
{% macro default__period_label(period_type, period_start, period_end) -%}
    replace({{ fpw.period_text(period_type, period_start, period_end) }}, 'the year ending', 'Year ending')
{%- endmacro %}


{# Order in which the rows of one plan indicator are taken for the one to show: the kind of period the plan speaks of,
   with a value, the latest. #}
{% macro shown_first(row) -%}{{ return(adapter.dispatch('shown_first', 'fpw')(row)) }}{%- endmacro %}
{% macro default__shown_first(row) -%}
    case
        when {{ row }}.is_headline_period and {{ row }}.value is not null then 1
        when {{ row }}.is_headline_period then 2
        else 3
    end,
    {{ row }}.period_end desc nulls last,
    {{ row }}.period_type
{%- endmacro %}
