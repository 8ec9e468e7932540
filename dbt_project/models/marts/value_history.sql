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

standing as (

    select * from known where known_until is null

),

-- every value beside the version of it that stood, if any, and every version that stood
paired as (

    select
        {% for column in columns %}
        current_values.{{ column }},
        standing.{{ column }} as standing_{{ column }},
        {% endfor %}
        current_values.extract_ids,
        standing.extract_ids as standing_extract_ids,
        standing.known_from,
        current_values.series_id is not null as is_current,
        standing.series_id is not null as is_standing,
        coalesce(
            {% for column in told %}
            {{ 'and ' if not loop.first }}standing.{{ column }} is not distinct from current_values.{{ column }}
            {% endfor %}
            and standing.series_id is not null,
            false
        ) as is_as_before

    from current_values
    full outer join standing
        on current_values.series_id = standing.series_id
        and current_values.period_start = standing.period_start

),

sides as (

    select true as is_now
    union all
    select false as is_now

),

-- sample records are nobody's past: what was made of them is forgotten with them
versions as (

    select
        {% for column in columns %}
        case when sides.is_now then paired.{{ column }} else paired.standing_{{ column }} end as {{ column }},
        {% endfor %}
        case when sides.is_now then paired.extract_ids else paired.standing_extract_ids end as extract_ids,
        case when sides.is_now and not paired.is_as_before then release.known_at else paired.known_from end
            as known_from,
        case when not sides.is_now then release.known_at end as known_until

    from paired
    cross join sides
    cross join release

    where
        (sides.is_now and paired.is_current)
        or (
            not sides.is_now
            and paired.is_standing
            and not paired.is_as_before
            and (paired.standing_source_kind <> 'synthetic' or coalesce(paired.source_kind = 'synthetic', false))
        )

),

final as (

    select
        {% for column in columns %}
        known.{{ column }},
        {% endfor %}
        known.extract_ids,
        known.known_from,
        known.known_until

    from known
    left join current_values
        on known.series_id = current_values.series_id
        and known.period_start = current_values.period_start

    where
        known.known_until is not null
        and (known.source_kind <> 'synthetic' or current_values.source_kind = 'synthetic')

    union all

    select
        {{ columns | join(',\n        ') }},
        extract_ids,
        known_from,
        known_until

    from versions

)

select * from final
