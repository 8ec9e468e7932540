{# A series is one measure of one area, cut and made one way, over its periods: what may be compared with itself. #}

{# What the denominators of a series have in common: the census of a year, mid-year estimates of whatever year and
   edition; NULL where it has none. #}
{% macro denominator_basis(denominator_id) -%}
    {{ return(adapter.dispatch('denominator_basis', 'fpw')(denominator_id)) }}
{%- endmacro %}
{% macro default__denominator_basis(denominator_id) -%}
    (case
        when {{ denominator_id }} like 'ons_mye_%' then 'mid_year_estimate'
        else {{ denominator_id }}
    end)
{%- endmacro %}


{# Key of the series that a row of the standard shape belongs to, as text that people can read. `row` is the alias. #}
{% macro series_id(row) -%}{{ return(adapter.dispatch('series_id', 'fpw')(row)) }}{%- endmacro %}
{% macro default__series_id(row) -%}
    concat_ws(
        '|', {{ row }}.measure_id, {{ row }}.area_code, {{ row }}.period_type, {{ row }}.method_id,
        coalesce({{ fpw.denominator_basis(row ~ '.denominator_id') }}, '-'),
        coalesce({{ row }}.breakdown_type, '-'), coalesce({{ row }}.breakdown_value, '-')
    )
{%- endmacro %}


{# Whether a row of seed series_break or rebase is about a row of the standard shape. An empty cell of the seed holds
   for all areas, methods or breakdowns. Both arguments are aliases. #}
{% macro is_about(seed, row) -%}{{ return(adapter.dispatch('is_about', 'fpw')(seed, row)) }}{%- endmacro %}
{% macro default__is_about(seed, row) -%}
    {{ seed }}.measure_id = {{ row }}.measure_id
    {% for column in ['area_code', 'method_id', 'breakdown_type', 'breakdown_value'] -%}
    and ({{ seed }}.{{ column }} is null or {{ seed }}.{{ column }} = {{ row }}.{{ column }})
    {% endfor %}
{%- endmacro %}


{# Each row of `pairs` with the last registered break between it and its reference, or within either: break_id, break_date
   and what_changed, NULL where there is none. `pairs` and `breaks` (seed series_break) are names of CTEs; a pair has the
   columns of a series, reference_period_start and period_end, and is told from the others by the columns of `key`. #}
{% macro with_last_break(pairs, breaks, key) -%}
    {{ return(adapter.dispatch('with_last_break', 'fpw')(pairs, breaks, key)) }}
{%- endmacro %}
{% macro default__with_last_break(pairs, breaks, key) %}
    select
        {{ pairs }}.*,
        crossed.break_id,
        crossed.break_date,
        crossed.what_changed

    from {{ pairs }}
    left join (
        select
            {%- for column in key %}
            {{ pairs }}.{{ column }},
            {%- endfor %}
            {{ breaks }}.break_id,
            {{ breaks }}.break_date,
            {{ breaks }}.what_changed,
            row_number() over (
                partition by {{ pairs }}.{{ key | join(', ' ~ pairs ~ '.') }}
                order by {{ breaks }}.break_date desc, {{ breaks }}.break_id
            ) as position

        from {{ pairs }}
        inner join {{ breaks }}
            on {{ fpw.is_about(breaks, pairs) }}
            and {{ pairs }}.reference_period_start < {{ breaks }}.break_date
            and {{ pairs }}.period_end >= {{ breaks }}.break_date
    ) as crossed
        on crossed.position = 1
        {%- for column in key %}
        and {{ pairs }}.{{ column }} = crossed.{{ column }}
        {%- endfor %}
{% endmacro %}


{# The method without the length of period that some rates carry in its name: what series of different period types have
   in common. #}
{% macro method_stem(method_id) -%}{{ return(adapter.dispatch('method_stem', 'fpw')(method_id)) }}{%- endmacro %}
{% macro default__method_stem(method_id) -%}
    regexp_replace({{ method_id }}, '_per_(month|quarter|12_months|financial_year|calendar_year)$', '')
{%- endmacro %}


{# Whether two rows that carry the columns of a series are about the same thing, whatever their periods. #}
{% macro same_subject(a, b) -%}{{ return(adapter.dispatch('same_subject', 'fpw')(a, b)) }}{%- endmacro %}
{% macro default__same_subject(a, b) -%}
    {{ a }}.measure_id = {{ b }}.measure_id
    and {{ a }}.area_code = {{ b }}.area_code
    and {{ fpw.method_stem(a ~ '.method_id') }} = {{ fpw.method_stem(b ~ '.method_id') }}
    {%- for column in ['denominator_basis', 'breakdown_type', 'breakdown_value'] %}
    and coalesce({{ a }}.{{ column }}, '-') = coalesce({{ b }}.{{ column }}, '-')
    {%- endfor %}
{%- endmacro %}
