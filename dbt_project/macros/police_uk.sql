{# How data.police.uk writes places. #}

{# False for 'No Location' (in either spelling) and for an empty location. #}
{% macro is_located(location) -%}
    coalesce(lower(trim({{ location }})), 'no location') <> 'no location'
{%- endmacro %}


{# Place without the prefix 'On or near'; NULL when nothing follows it or there is no location. #}
{% macro location_name(location) -%}
    case
        when {{ is_located(location) }}
            then nullif(trim(regexp_replace(trim({{ location }}), '^On or near( |$)', '')), '')
    end
{%- endmacro %}


{# Local authority in the name of an LSOA, which ONS makes of the authority's name and a suffix
   such as 001A; NULL when the name is not of that form. #}
{% macro lad_name(lsoa_name) -%}
    nullif(regexp_extract({{ lsoa_name }}, '^ *(.+) [0-9]{3}[A-Z] *$', 1), '')
{%- endmacro %}
