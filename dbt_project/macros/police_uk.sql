{# How data.police.uk writes texts and places. #}

{# Text without the white space around it; NULL when nothing else is in it. #}
{% macro clean_text(text) -%}{{ return(adapter.dispatch('clean_text', 'fpw')(text)) }}{%- endmacro %}
{% macro default__clean_text(text) -%}
    nullif(trim(both {{ fpw.white_space() }} from {{ text }}), '')
{%- endmacro %}
{% macro duckdb__clean_text(text) -%}
    {# to trim by a list is slow, so what begins and ends with a visible sign of ASCII is left as it is #}
    nullif(
        case
            when {{ text }} between '!' and '~' and ({{ text }})[-1] between '!' and '~' then {{ text }}
            else trim({{ text }}, {{ fpw.white_space() }})
        end, ''
    )
{%- endmacro %}


{# The signs that are white space around a text. #}
{% macro white_space() -%}concat(' ', chr(9), chr(10), chr(11), chr(12), chr(13), chr(160)){%- endmacro %}


{# False for 'No Location' (in either spelling) and for an empty location. #}
{% macro is_located(location) -%}
    coalesce(lower({{ fpw.clean_text(location) }}), 'no location') <> 'no location'
{%- endmacro %}


{# Place without the prefix 'On or near'; NULL when nothing follows it or there is no location. #}
{% macro location_name(location) -%}
    case
        when {{ is_located(location) }}
            then {{ fpw.clean_text("regexp_replace(" ~ fpw.clean_text(location) ~ ", '^On or near( |$)', '')") }}
    end
{%- endmacro %}


{# Local authority in the name of an LSOA, which ONS makes of the authority's name and a suffix
   such as 001A; NULL when the name is not of that form. #}
{% macro lad_name(lsoa_name) -%}
    nullif(regexp_extract({{ fpw.clean_text(lsoa_name) }}, '^(.+) [0-9]{3}[A-Z]$', 1), '')
{%- endmacro %}
