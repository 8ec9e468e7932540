{#
    Forces beside each other: ranks with the uncertainty in them, and funnel limits (docs: methods, similar forces).
    Rates are compared as square roots of events per resident, shares as the arc sine of the square root: on these
    scales chance is the same, 1 / (4 x denominator), whatever the size of the value, and zero needs no exception.
#}

{# A rate or share on the scale on which its chance variation does not depend on its size; NULL below zero. #}
{% macro stabilised(kind, value, multiplier) -%}
    {{ return(adapter.dispatch('stabilised', 'fpw')(kind, value, multiplier)) }}
{%- endmacro %}
{% macro default__stabilised(kind, value, multiplier) -%}
    (case
        when {{ value }} < 0 then null
        -- a limit of 100 % can lie above it by the last bit of a floating-point number
        when {{ kind }} = 'share' then asin(sqrt(least(1.0e0, {{ value }} / {{ multiplier }})))
        else sqrt({{ value }} / {{ multiplier }})
    end)
{%- endmacro %}


{# The way back; what lies below nothing or above everything is nothing or everything. #}
{% macro unstabilised(kind, value, multiplier) -%}
    {{ return(adapter.dispatch('unstabilised', 'fpw')(kind, value, multiplier)) }}
{%- endmacro %}
{% macro default__unstabilised(kind, value, multiplier) -%}
    ({{ multiplier }} * case
        when {{ kind }} = 'share' then power(sin(greatest(0.0e0, least(pi() / 2, {{ value }}))), 2)
        else power(greatest(0.0e0, {{ value }}), 2)
    end)
{%- endmacro %}


{# How many standard errors a value lies from the funnel's centre, both on the stabilised scale: of a rate this is
   2 (sqrt(observed) - sqrt(expected)). #}
{% macro funnel_z(stabilised_value, stabilised_centre, denominator) -%}
    {{ return(adapter.dispatch('funnel_z', 'fpw')(stabilised_value, stabilised_centre, denominator)) }}
{%- endmacro %}
{% macro default__funnel_z(stabilised_value, stabilised_centre, denominator) -%}
    (2.0e0 * sqrt({{ denominator }}) * ({{ stabilised_value }} - {{ stabilised_centre }}))
{%- endmacro %}


{# Funnel limit z standard errors from the centre (z below zero for a lower one), widened by the square root of phi. #}
{% macro funnel_limit(kind, stabilised_centre, denominator, z, phi, multiplier) -%}
    {{ return(adapter.dispatch('funnel_limit', 'fpw')(kind, stabilised_centre, denominator, z, phi, multiplier)) }}
{%- endmacro %}
{% macro default__funnel_limit(kind, stabilised_centre, denominator, z, phi, multiplier) -%}
    {{ fpw.unstabilised(
        kind,
        '(' ~ stabilised_centre ~ ' + ' ~ z ~ ' * sqrt(' ~ phi ~ ') / (2.0e0 * sqrt(' ~ denominator ~ ')))',
        multiplier
    ) }}
{%- endmacro %}


{# Standard normal quantile of 0.999: the 99.8 % limits. #}
{% macro z_998() -%}{{ return(adapter.dispatch('z_998', 'fpw')()) }}{%- endmacro %}
{% macro default__z_998() -%}3.090232306167813{%- endmacro %}


{# A number between 0 and 1, spread evenly over texts and always the same for the same text. #}
{% macro even_draw(text) -%}{{ return(adapter.dispatch('even_draw', 'fpw')(text)) }}{%- endmacro %}
{% macro default__even_draw(text) -%}
    ((cast(conv(substr(md5({{ text }}), 1, 12), 16, 10) as double) + 0.5e0) / 281474976710656.0e0)
{%- endmacro %}
{% macro duckdb__even_draw(text) -%}
    ((cast(cast('0x' || substr(md5({{ text }}), 1, 12) as ubigint) as double) + 0.5e0) / 281474976710656.0e0)
{%- endmacro %}


{# A draw from the standard normal distribution (Box and Muller) that is always the same for the same text. #}
{% macro normal_draw(text) -%}{{ return(adapter.dispatch('normal_draw', 'fpw')(text)) }}{%- endmacro %}
{% macro default__normal_draw(text) -%}
    (sqrt(-2.0e0 * ln({{ fpw.even_draw(text ~ " || '|length'") }}))
    * cos(2.0e0 * pi() * {{ fpw.even_draw(text ~ " || '|angle'") }}))
{%- endmacro %}


{# Whole numbers from 1 to n, in one column `n`. #}
{% macro counting(n) -%}{{ return(adapter.dispatch('counting', 'fpw')(n)) }}{%- endmacro %}
{% macro default__counting(n) -%}select explode(sequence(1, {{ n }})) as n{%- endmacro %}
{% macro duckdb__counting(n) -%}select unnest(generate_series(1, {{ n }})) as n{%- endmacro %}


{# Names as one text, in alphabetical order; NULL when there are none. #}
{% macro names_text(name) -%}{{ return(adapter.dispatch('names_text', 'fpw')(name)) }}{%- endmacro %}
{% macro default__names_text(name) -%}nullif(array_join({{ fpw.sorted_list(name) }}, ', '), ''){%- endmacro %}
{% macro duckdb__names_text(name) -%}nullif(array_to_string({{ fpw.sorted_list(name) }}, ', '), ''){%- endmacro %}
