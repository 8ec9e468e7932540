{#
    Rates and 95 % limits, one macro per formula (docs: methods, the table at its top).
    All go through adapter.dispatch, so that another engine can bring its own spelling.
    Every macro yields NULL when an input is NULL: missing is never zero.
#}

{# Standard normal quantile of 0.975. #}
{% macro z_95() -%}{{ return(adapter.dispatch('z_95', 'fpw')()) }}{%- endmacro %}
{% macro default__z_95() -%}1.959963984540054{%- endmacro %}


{# numerator / denominator x multiplier; NULL when the denominator is 0 or NULL. #}
{% macro rate(numerator, denominator, multiplier) -%}
    {{ return(adapter.dispatch('rate', 'fpw')(numerator, denominator, multiplier)) }}
{%- endmacro %}
{% macro default__rate(numerator, denominator, multiplier) -%}
    (cast({{ numerator }} as double) * ({{ multiplier }}) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}


{# Byar's lower 95 % limit of an event count of 10 or more; below that the exact limit, which the
   caller joins from seed poisson_exact_limit (there is no chi-square quantile in SQL). #}
{% macro poisson_low(count, exact_low) -%}
    {{ return(adapter.dispatch('poisson_low', 'fpw')(count, exact_low)) }}
{%- endmacro %}
{% macro default__poisson_low(count, exact_low) -%}
    {%- set count = '(' ~ count ~ ')' -%}
    (case
        when {{ count }} >= 10
            then {{ count }} * power(
                1.0e0 - 1.0e0 / (9.0e0 * {{ count }}) - {{ fpw.z_95() }} / (3.0e0 * sqrt({{ count }})), 3
            )
        else {{ exact_low }}
    end)
{%- endmacro %}


{# Byar's upper 95 % limit of an event count of 10 or more, else the exact limit. #}
{% macro poisson_high(count, exact_high) -%}
    {{ return(adapter.dispatch('poisson_high', 'fpw')(count, exact_high)) }}
{%- endmacro %}
{% macro default__poisson_high(count, exact_high) -%}
    {%- set count = '(' ~ count ~ ')' -%}
    (case
        when {{ count }} >= 10
            then ({{ count }} + 1) * power(
                1.0e0 - 1.0e0 / (9.0e0 * ({{ count }} + 1))
                + {{ fpw.z_95() }} / (3.0e0 * sqrt({{ count }} + 1)), 3
            )
        else {{ exact_high }}
    end)
{%- endmacro %}


{# By which of the two the limits of an event count were found; NULL where there are none, which below 10 goes for
   adjusted counts that are no whole numbers. #}
{% macro poisson_method(count) -%}
    {{ return(adapter.dispatch('poisson_method', 'fpw')(count)) }}
{%- endmacro %}
{% macro default__poisson_method(count) -%}
    {%- set count = '(' ~ count ~ ')' -%}
    (case
        when {{ count }} >= 10 then 'byar_95'
        when {{ count }} >= 0 and {{ count }} = floor({{ count }}) then 'poisson_exact_95'
    end)
{%- endmacro %}


{# Wilson's lower 95 % limit of the proportion x / n (0 to 1); NULL when n is 0 or NULL. #}
{% macro wilson_low(x, n) -%}{{ return(adapter.dispatch('wilson_low', 'fpw')(x, n)) }}{%- endmacro %}
{% macro default__wilson_low(x, n) -%}
    {%- set x, n = '(' ~ x ~ ')', '(' ~ n ~ ')' -%}
    (case
        when {{ n }} > 0 and {{ x }} >= 0
            then greatest(0.0e0, (
                2.0e0 * {{ x }} + power({{ fpw.z_95() }}, 2)
                - {{ fpw.z_95() }} * sqrt(
                    power({{ fpw.z_95() }}, 2) + 4.0e0 * {{ x }} * (1.0e0 - 1.0e0 * {{ x }} / {{ n }})
                )
            ) / (2.0e0 * ({{ n }} + power({{ fpw.z_95() }}, 2))))
    end)
{%- endmacro %}


{# Wilson's upper 95 % limit of the proportion x / n (0 to 1); NULL when n is 0 or NULL. #}
{% macro wilson_high(x, n) -%}{{ return(adapter.dispatch('wilson_high', 'fpw')(x, n)) }}{%- endmacro %}
{% macro default__wilson_high(x, n) -%}
    {%- set x, n = '(' ~ x ~ ')', '(' ~ n ~ ')' -%}
    (case
        when {{ n }} > 0 and {{ x }} >= 0
            then least(1.0e0, (
                2.0e0 * {{ x }} + power({{ fpw.z_95() }}, 2)
                + {{ fpw.z_95() }} * sqrt(
                    power({{ fpw.z_95() }}, 2) + 4.0e0 * {{ x }} * (1.0e0 - 1.0e0 * {{ x }} / {{ n }})
                )
            ) / (2.0e0 * ({{ n }} + power({{ fpw.z_95() }}, 2))))
    end)
{%- endmacro %}


{# The columns multiplier, value, ci_low, ci_high and ci_method of a measure, by its kind:
     count    the numerator, with Poisson limits
     rate     numerator per 1,000 of the denominator, with the Poisson limits of the numerator
     share    percentage that the numerator is of the denominator, with Wilson limits
     ratio    numerator / denominator, two counts, with limits by the log method
     mean     numerator / denominator, without limits, because only the sum is known
     amount   the numerator, without limits
   Needs the columns numerator and denominator, and lower_95 and upper_95 of seed poisson_exact_limit, joined to the
   numerator of counts and rates; with counts=false it needs no limits and knows no counts and rates. A multiplier of the
   measure's own takes the place of 1,000, 100 or 1. With a condition `given`, rows in which it does not hold have
   neither value nor limits. #}
{% macro value_and_limits(kind, multiplier=none, given=none, counts=true) -%}
    {{ return(adapter.dispatch('value_and_limits', 'fpw')(kind, multiplier, given, counts)) }}
{%- endmacro %}
{% macro default__value_and_limits(kind, multiplier, given, counts) -%}
    {%- set factor = 'cast(' ~ (
        multiplier or "case " ~ kind ~ " when 'share' then 100 when 'rate' then 1000 else 1 end"
    ) ~ ' as double)' -%}
    {%- set shown = '(case when ' ~ given ~ ' then ' ~ kind ~ ' end)' if given else kind -%}
    {%- set quotient = fpw.rate('numerator', 'denominator', factor) -%}
    {{ factor }} as multiplier,
        case
            when {{ shown }} in ('count', 'amount') then numerator
            when {{ shown }} in ('rate', 'share', 'ratio', 'mean') then {{ quotient }}
        end as value,
        case {{ shown }}
            {%- if counts %}
            when 'count' then {{ fpw.poisson_low('numerator', 'lower_95') }}
            when 'rate' then {{ fpw.rate(fpw.poisson_low('numerator', 'lower_95'), 'denominator', factor) }}
            {%- endif %}
            when 'share' then {{ factor }} * {{ fpw.wilson_low('numerator', 'denominator') }}
            when 'ratio' then {{ fpw.rate_ratio_low(quotient, 'numerator', 'denominator') }}
        end as ci_low,
        case {{ shown }}
            {%- if counts %}
            when 'count' then {{ fpw.poisson_high('numerator', 'upper_95') }}
            when 'rate' then {{ fpw.rate(fpw.poisson_high('numerator', 'upper_95'), 'denominator', factor) }}
            {%- endif %}
            when 'share' then {{ factor }} * {{ fpw.wilson_high('numerator', 'denominator') }}
            when 'ratio' then {{ fpw.rate_ratio_high(quotient, 'numerator', 'denominator') }}
        end as ci_high,
        case
            {%- if counts %}
            when {{ shown }} = 'count' then {{ fpw.poisson_method('numerator') }}
            when {{ shown }} = 'rate' and denominator > 0 then {{ fpw.poisson_method('numerator') }}
            {%- endif %}
            when {{ shown }} = 'share' and denominator > 0 and numerator >= 0 then 'wilson_95'
            when {{ shown }} = 'ratio' and denominator > 0 and numerator > 0 then 'log_ratio_95'
        end as ci_method
{%- endmacro %}


{# Lower 95 % limit of a ratio of two rates by the log method; a and b are the two event counts.
   NULL when either count is 0: the standard error of the logarithm does not exist. #}
{% macro rate_ratio_low(ratio, a, b) -%}
    {{ return(adapter.dispatch('rate_ratio_low', 'fpw')(ratio, a, b)) }}
{%- endmacro %}
{% macro default__rate_ratio_low(ratio, a, b) -%}
    {%- set ratio, a, b = '(' ~ ratio ~ ')', '(' ~ a ~ ')', '(' ~ b ~ ')' -%}
    (case
        when {{ a }} > 0 and {{ b }} > 0
            then {{ ratio }} * exp(-{{ fpw.z_95() }} * sqrt(1.0e0 / {{ a }} + 1.0e0 / {{ b }}))
    end)
{%- endmacro %}


{# Upper 95 % limit of a ratio of two rates by the log method; see rate_ratio_low. #}
{% macro rate_ratio_high(ratio, a, b) -%}
    {{ return(adapter.dispatch('rate_ratio_high', 'fpw')(ratio, a, b)) }}
{%- endmacro %}
{% macro default__rate_ratio_high(ratio, a, b) -%}
    {%- set ratio, a, b = '(' ~ ratio ~ ')', '(' ~ a ~ ')', '(' ~ b ~ ')' -%}
    (case
        when {{ a }} > 0 and {{ b }} > 0
            then {{ ratio }} * exp({{ fpw.z_95() }} * sqrt(1.0e0 / {{ a }} + 1.0e0 / {{ b }}))
    end)
{%- endmacro %}
