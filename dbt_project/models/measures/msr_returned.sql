with

returns as (

    select * from {{ ref('stg_performance_return') }}

),

measures as (

    select * from {{ ref('return_measure') }}

),

extracts as (

    select * from {{ source('ops', 'extract') }} where source = 'performance_return'

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

area_texts as (
    {% for column in ['area_code', 'force', 'force_name', 'police_uk_label'] %}
    select
        {{ plain_name(column) }} as area_text,
        area_code

    from {{ ref('force') }}

    union
    {% endfor %}
    {% for seed, column in [
        ('local_authority', 'lad_code'), ('local_authority', 'lad_name'), ('local_authority_alias', 'lad_name')
    ] %}
    select
        {{ plain_name(column) }} as area_text,
        lad_code as area_code

    from {{ ref(seed) }}
    {% if not loop.last %}
    union
    {% endif %}
    {%- endfor %}
),

-- a text that means two areas is refused before it comes here
areas as (

    select
        area_text,
        max(area_code) as area_code

    from area_texts

    group by area_text
    having count(*) = 1

),

returned as (

    select
        returns.extract_id,
        returns.measure_id,
        areas.area_code,
        returns.period_type,
        returns.period_start,
        returns.period_end,
        returns.breakdown_type,
        returns.breakdown_value,
        returns.numerator,
        returns.denominator,
        measures.multiplier,
        measures.kind,
        extracts.is_sample,
        returns.status,
        exact_limits.lower_95,
        exact_limits.upper_95

    from returns
    left join areas on {{ plain_name('returns.area') }} = areas.area_text
    left join measures on returns.measure_id = measures.measure_id
    left join extracts on returns.extract_id = extracts.extract_id
    left join exact_limits
        on returns.numerator = exact_limits.event_count
        and measures.kind in ('count', 'rate')

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        -- an amount is no count of anything, and may be negative
        case when kind <> 'amount' then numerator end as numerator,
        denominator,
        {{ value_and_limits('kind', 'multiplier') }},
        cast(null as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        'as_returned' as method_id,
        case when is_sample then 'synthetic' else 'returned' end as source_kind,
        'performance_return' as source_id,
        status,
        {{ list_of('extract_id') }} as extract_ids

    from returned

)

select * from final
