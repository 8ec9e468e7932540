{# How a printed figure is compared with a computed one (docs: methods, section 20). #}

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
    (sign({{ value }}) * floor(abs({{ value }}) * power(10.0e0, {{ decimals }}) + 1.0e-9)
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
