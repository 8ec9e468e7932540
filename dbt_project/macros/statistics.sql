{#
    Rates and 95 % limits, one macro per formula (docs: methods, sections 1, 5 and 7).
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
