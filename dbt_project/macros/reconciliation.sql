{# How a printed figure is compared with a computed one (docs: methods, published against computed). #}

{# The value rounded half up in magnitude, as people round; the last addend undoes binary noise (2.675). #}
{% macro round_half_up(value, decimals) -%}
    {{ return(adapter.dispatch('round_half_up', 'fpw')(value, decimals)) }}
{%- endmacro %}
{% macro default__round_half_up(value, decimals) -%}
    (sign({{ value }}) * floor(abs({{ value }}) * power(10.0e0, {{ decimals }}) + 0.5e0 + 1.0e-9)
    / power(10.0e0, {{ decimals }}))
{%- endmacro %}


{# The value with its further digits cut off, as some documents print it. #}
{% macro truncated(value, decimals) -%}
    {{ return(adapter.dispatch('truncated', 'fpw')(value, decimals)) }}
{%- endmacro %}
{% macro default__truncated(value, decimals) -%}
    (sign({{ value }}) * floor(round(abs({{ value }}) * power(10.0e0, {{ decimals }}), 6))
    / power(10.0e0, {{ decimals }}))
{%- endmacro %}


{# Whether two numbers are equal but for binary noise. #}
{% macro same_number(a, b) -%}{{ return(adapter.dispatch('same_number', 'fpw')(a, b)) }}{%- endmacro %}
{% macro default__same_number(a, b) -%}
    (abs({{ a }} - {{ b }}) <= 1.0e-9 * greatest(1.0e0, abs({{ b }})))
{%- endmacro %}


{# The first number in a printed text, without thousands separators: '29.5' of 'increase to 29.5%'. #}
{% macro printed_number_text(printed) -%}
    {{ return(adapter.dispatch('printed_number_text', 'fpw')(printed)) }}
{%- endmacro %}
{% macro default__printed_number_text(printed) -%}
    regexp_extract(replace({{ printed }}, ',', ''), '[0-9]+([.][0-9]+)?', 0)
{%- endmacro %}


{# The same as a number; NULL when the text has none ('Ten'). #}
{% macro printed_number(printed) -%}
    {{ return(adapter.dispatch('printed_number', 'fpw')(printed)) }}
{%- endmacro %}
{% macro default__printed_number(printed) -%}
    cast(nullif({{ fpw.printed_number_text(printed) }}, '') as double)
{%- endmacro %}


{# Digits after the point in a number written as text. #}
{% macro decimals_of(number_text) -%}
    {{ return(adapter.dispatch('decimals_of', 'fpw')(number_text)) }}
{%- endmacro %}
{% macro default__decimals_of(number_text) -%}
    length(regexp_extract({{ number_text }}, '[.]([0-9]+)$', 1))
{%- endmacro %}


{# Decimals of a figure as printed: those of the text where it prints the number itself, else those the value is written
   with. A round number that is hedged ("around 3,200") is printed to its last digit that is not 0: here -2. #}
{% macro decimals_printed(figure) -%}{{ return(adapter.dispatch('decimals_printed', 'fpw')(figure)) }}{%- endmacro %}
{% macro default__decimals_printed(figure) -%}
    {%- set value = figure ~ '.value' -%}
    cast(case
        when {{ figure }}.qualifier = 'approx' and {{ value }} <> 0 and {{ value }} = floor({{ value }})
            then -length(regexp_extract(cast(cast(abs({{ value }}) as bigint) as varchar), '(0*)$', 1))
        when {{ fpw.same_number(fpw.printed_number(figure ~ '.as_printed'), 'abs(' ~ value ~ ')') }}
            then {{ fpw.decimals_of(fpw.printed_number_text(figure ~ '.as_printed')) }}
        else {{ fpw.decimals_of("regexp_replace(cast(" ~ value ~ " as varchar), '[.]0$', '')") }}
    end as integer)
{%- endmacro %}


{# How far the true number can lie from a figure because it was rounded to be printed: half a unit of its last digit. A
   target is set, and a whole number of things that is not hedged is counted: neither is rounded. #}
{% macro printed_rounding(figure, decimals) -%}
    {{ return(adapter.dispatch('printed_rounding', 'fpw')(figure, decimals)) }}
{%- endmacro %}
{% macro default__printed_rounding(figure, decimals) -%}
    (case
        when {{ figure }}.value_kind = 'target' then 0.0e0
        when
            {{ decimals }} = 0 and {{ figure }}.qualifier = 'exact'
            and {{ figure }}.unit in ('count', 'persons', 'headcount', 'officers', 'offences', 'staff', 'PCSOs', 'rank')
            then 0.0e0
        else 0.5e0 * power(10.0e0, -({{ decimals }}))
    end)
{%- endmacro %}


{# Rule under which a computed value meets a printed one: bound, round_half_up, floor or tolerance, in this order; NULL
   when none does or there is no computed value. #}
{% macro rule_applied(computed, printed, decimals, qualifier, tolerance) -%}
    {{ return(adapter.dispatch('rule_applied', 'fpw')(computed, printed, decimals, qualifier, tolerance)) }}
{%- endmacro %}
{% macro default__rule_applied(computed, printed, decimals, qualifier, tolerance) -%}
    (case
        -- the document gives a bound, not a number
        when {{ qualifier }} = 'over' and {{ computed }} > {{ printed }} then 'bound'
        when {{ qualifier }} = 'at least' and {{ computed }} >= {{ printed }} then 'bound'
        when {{ qualifier }} = 'under' and {{ computed }} < {{ printed }} then 'bound'
        when {{ fpw.same_number(fpw.round_half_up(computed, decimals), printed) }} then 'round_half_up'
        when {{ fpw.same_number(fpw.truncated(computed, decimals), printed) }} then 'floor'
        when
            abs({{ computed }} - {{ printed }})
            <= 0.5e0 * power(10.0e0, -({{ decimals }})) + coalesce({{ tolerance }}, 0) + 1.0e-9
            then 'tolerance'
    end)
{%- endmacro %}


{# The verdict that goes with that rule, where there is a computed value. #}
{% macro figure_verdict(rule) -%}{{ return(adapter.dispatch('figure_verdict', 'fpw')(rule)) }}{%- endmacro %}
{% macro default__figure_verdict(rule) -%}
    (case {{ rule }}
        when 'round_half_up' then 'reproduces'
        when 'bound' then 'reproduces'
        when 'floor' then 'truncated'
        when 'tolerance' then 'rounding'
        else 'does_not_reproduce'
    end)
{%- endmacro %}


{# Whether a row of the standard shape belongs to the series that a row of a seed names. Both arguments are aliases. #}
{% macro is_in_series(seed, row) -%}{{ return(adapter.dispatch('is_in_series', 'fpw')(seed, row)) }}{%- endmacro %}
{% macro default__is_in_series(seed, row) -%}
    {{ seed }}.measure_id = {{ row }}.measure_id
    {% for column in ['area_code', 'period_type', 'method_id'] -%}
    and {{ seed }}.{{ column }} = {{ row }}.{{ column }}
    {% endfor -%}
    {% for column in ['breakdown_type', 'breakdown_value', 'denominator_id'] -%}
    and {{ seed }}.{{ column }} is not distinct from {{ row }}.{{ column }}
    {% endfor %}
{%- endmacro %}
