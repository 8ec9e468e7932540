{# Words in the cells of a force's own systems, made comparable with those of a seed. #}

{# Text in lower case with single blanks and straight apostrophes; NULL when there is none. #}
{% macro plain_words(text) -%}{{ return(adapter.dispatch('plain_words', 'fpw')(text)) }}{%- endmacro %}
{% macro default__plain_words(text) -%}
    regexp_replace(replace(lower({{ fpw.clean_text(text) }}), '’', ''''), '[[:space:]]+', ' ')
{%- endmacro %}
{% macro duckdb__plain_words(text) -%}
    regexp_replace(replace(lower({{ fpw.clean_text(text) }}), '’', ''''), '[[:space:]]+', ' ', 'g')
{%- endmacro %}


{# One row for each item of a list inside a cell, whose items are parted by semicolons; for the SELECT list. #}
{% macro list_items(text) -%}{{ return(adapter.dispatch('list_items', 'fpw')(text)) }}{%- endmacro %}
{% macro default__list_items(text) -%}explode(split({{ text }}, ';')){%- endmacro %}
{% macro duckdb__list_items(text) -%}unnest(string_split({{ text }}, ';')){%- endmacro %}


{# What a date in a text looks like: 2020-03-01 or 01/03/2020. #}
{% macro date_pattern() -%}[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}{%- endmacro %}


{# How many dates stand in a text. #}
{% macro dates_in(text) -%}{{ return(adapter.dispatch('dates_in', 'fpw')(text)) }}{%- endmacro %}
{% macro default__dates_in(text) -%}size(regexp_extract_all({{ text }}, '{{ fpw.date_pattern() }}', 0)){%- endmacro %}
{% macro duckdb__dates_in(text) -%}len(regexp_extract_all({{ text }}, '{{ fpw.date_pattern() }}')){%- endmacro %}


{# The n-th date in a text; NULL when there are fewer, or when it is no day of the calendar. #}
{% macro date_in(text, n) -%}{{ return(adapter.dispatch('date_in', 'fpw')(text, n)) }}{%- endmacro %}
{% macro default__date_in(text, n) -%}
    {%- set found = "get(regexp_extract_all(" ~ text ~ ", '" ~ fpw.date_pattern() ~ "', 0), " ~ (n - 1) ~ ")" -%}
    coalesce(
        cast(try_to_timestamp({{ found }}, 'yyyy-MM-dd') as date),
        cast(try_to_timestamp({{ found }}, 'd/M/yyyy') as date)
    )
{%- endmacro %}
{% macro duckdb__date_in(text, n) -%}
    {%- set found = "list_extract(regexp_extract_all(" ~ text ~ ", '" ~ fpw.date_pattern() ~ "'), " ~ n ~ ")" -%}
    cast(coalesce(try_strptime({{ found }}, '%Y-%m-%d'), try_strptime({{ found }}, '%d/%m/%Y')) as date)
{%- endmacro %}


{# A text without the dates in it. #}
{% macro without_dates(text) -%}{{ return(adapter.dispatch('without_dates', 'fpw')(text)) }}{%- endmacro %}
{% macro default__without_dates(text) -%}regexp_replace({{ text }}, '{{ fpw.date_pattern() }}', ''){%- endmacro %}
{% macro duckdb__without_dates(text) -%}regexp_replace({{ text }}, '{{ fpw.date_pattern() }}', '', 'g'){%- endmacro %}


{# The distinct values of a group as one text, sorted, with `separator` between them. #}
{% macro joined_words(expression, separator) -%}
    {{ return(adapter.dispatch('joined_words', 'fpw')(expression, separator)) }}
{%- endmacro %}
{% macro default__joined_words(expression, separator) -%}
    array_join({{ fpw.sorted_list(expression) }}, '{{ separator }}')
{%- endmacro %}
{% macro duckdb__joined_words(expression, separator) -%}
    array_to_string({{ fpw.sorted_list(expression) }}, '{{ separator }}')
{%- endmacro %}
