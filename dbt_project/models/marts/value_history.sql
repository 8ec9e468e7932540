{# What makes a row another version: not the extracts alone, which change with every delivery. #}
{% set told = ['denominator_id', 'numerator', 'denominator', 'value', 'ci_low', 'ci_high', 'status', 'source_kind'] %}
{% set columns = [
    'series_id', 'measure_id', 'area_code', 'period_type', 'period_start', 'period_end', 'breakdown_type',
    'breakdown_value', 'method_id', 'denominator_id', 'numerator', 'denominator', 'value', 'ci_low', 'ci_high', 'status',
    'source_kind',
] %}
with

known as (

    select * from {{ source('history', 'value') }}

),

measure_values as (

    select * from {{ ref('measure_value') }}

),

-- outside a refresh there is no release in hand
release as (

    select coalesce(max(known_at), {{ utc_now() }}) as known_at from {{ source('ops', 'release') }}

),

current_values as (

    select
        {{ series_id('measure_values') }} as series_id,
        measure_values.*

    from measure_values

),

-- sample records are nobody's past: what was made of them is forgotten with them
remembered as (

    select known.*

    from known
    left join current_values
        on known.series_id = current_values.series_id
        and known.period_start = current_values.period_start

    where
        known.source_kind <> 'synthetic'
        or current_values.source_kind = 'synthetic'

),

standing as (

    select * from remembered where known_until is null

),

matched as (

    select
        {% for column in columns %}
        current_values.{{ column }},
        {% endfor %}
        current_values.extract_ids,
        standing.known_from,
        coalesce(
            {% for column in told %}
            {{ 'and ' if not loop.first }}standing.{{ column }} is not distinct from current_values.{{ column }}
            {% endfor %}
            and standing.series_id is not null,
            false
        ) as is_as_before

    from current_values
    left join standing
        on current_values.series_id = standing.series_id
        and current_values.period_start = standing.period_start

),

ended as (

    select standing.*

    from standing
    left join matched
        on standing.series_id = matched.series_id
        and standing.period_start = matched.period_start
        and matched.is_as_before

    where matched.series_id is null

),

final as (

    select
        {{ columns | join(',\n        ') }},
        extract_ids,
        known_from,
        known_until

    from remembered

    where known_until is not null

    union all

    select
        {% for column in columns %}
        ended.{{ column }},
        {% endfor %}
        ended.extract_ids,
        ended.known_from,
        release.known_at as known_until

    from ended
    cross join release

    union all

    select
        {% for column in columns %}
        matched.{{ column }},
        {% endfor %}
        matched.extract_ids,
        case when matched.is_as_before then matched.known_from else release.known_at end as known_from,
        cast(null as timestamp) as known_until

    from matched
    cross join release

)

select * from final
