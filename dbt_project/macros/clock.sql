{# Times as clocks in London show them: those of one hour in autumn come twice, those of one in spring never. #}

{# Whether the local time lies between one and two o'clock on the last Sunday of March or October. #}
{% macro is_clock_change_hour(local_time) -%}
    {{ return(adapter.dispatch('is_clock_change_hour', 'fpw')(local_time)) }}
{%- endmacro %}
{% macro default__is_clock_change_hour(local_time) -%}
    (hour({{ local_time }}) = 1 and dayofweek({{ local_time }}) = 1
    and day({{ local_time }}) >= 25 and month({{ local_time }}) in (3, 10))
{%- endmacro %}
{% macro duckdb__is_clock_change_hour(local_time) -%}
    (hour({{ local_time }}) = 1 and isodow({{ local_time }}) = 7
    and day({{ local_time }}) >= 25 and month({{ local_time }}) in (3, 10))
{%- endmacro %}


{# Seconds from one local time to another; NULL when either lies in the hour of a clock change, where it is not
   known which moment it is. A duration across that hour has its true length. #}
{% macro seconds_between(start, end) -%}
    (case
        when not ({{ fpw.is_clock_change_hour(start) }} or {{ fpw.is_clock_change_hour(end) }})
            then {{ fpw.london_seconds(start, end) }}
    end)
{%- endmacro %}


{# The same for times outside that hour. #}
{% macro london_seconds(start, end) -%}{{ return(adapter.dispatch('london_seconds', 'fpw')(start, end)) }}{%- endmacro %}
{% macro default__london_seconds(start, end) -%}
    (unix_timestamp(to_utc_timestamp({{ end }}, 'Europe/London'))
    - unix_timestamp(to_utc_timestamp({{ start }}, 'Europe/London')))
{%- endmacro %}
{% macro duckdb__london_seconds(start, end) -%}
    {# whole microseconds: seconds with a fraction would miss a limit by the last bit #}
    ((epoch_us(timezone('Europe/London', {{ end }})) - epoch_us(timezone('Europe/London', {{ start }}))) / 1.0e6)
{%- endmacro %}
