with

crimes as (

    -- names that no area has are told by a check of the staging models
    select * from {{ ref('int_recorded_crime') }} where area_code is not null

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

counted as (

    select
        crimes.source_id,
        crimes.area_code,
        crimes.period_type,
        crimes.period_start,
        crimes.period_end,
        cast(crimes.crime_count as double) as crime_count,
        cast({{ poisson_low('crimes.crime_count', 'exact_limits.lower_95') }} as double) as count_low,
        cast({{ poisson_high('crimes.crime_count', 'exact_limits.upper_95') }} as double) as count_high,
        {{ poisson_method('crimes.crime_count') }} as ci_method,
        cast(crimes.population as double) as population,
        crimes.denominator_id,
        crimes.is_carried_forward,
        crimes.status,
        crimes.source_kind,
        crimes.extract_ids

    from crimes
    left join exact_limits on crimes.crime_count = exact_limits.event_count

),

counts as (

    select
        'total_recorded_crime_count' as measure_id,
        source_id,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_count as numerator,
        cast(null as double) as denominator,
        cast(1 as double) as multiplier,
        crime_count as value,
        count_low as ci_low,
        count_high as ci_high,
        ci_method,
        cast(null as varchar) as denominator_id,
        source_id as method_id,
        source_kind,
        status,
        extract_ids

    from counted

),

rated as (

    select
        *,
        case
            when status <> 'final' then status
            -- British Transport Police has no residents, the City of London too few for a rate: ONS prints none
            when coalesce(population, 0) < 10000 then 'not_comparable'
            when is_carried_forward then 'provisional'
            else 'final'
        end as rate_status

    from counted

    where period_type <> 'quarter'

),

rates as (

    select
        'total_recorded_crime_rate' as measure_id,
        source_id,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_count as numerator,
        population as denominator,
        cast(1000 as double) as multiplier,
        case when rate_status in ('final', 'provisional') then {{ rate('crime_count', 'population', 1000) }} end as value,
        case when rate_status in ('final', 'provisional') then {{ rate('count_low', 'population', 1000) }} end as ci_low,
        case when rate_status in ('final', 'provisional') then {{ rate('count_high', 'population', 1000) }} end as ci_high,
        case when rate_status in ('final', 'provisional') then ci_method end as ci_method,
        denominator_id,
        concat(source_id, '_per_1000_lagged_estimate') as method_id,
        -- what is worked out here is computed, also from a printed count
        case source_kind when 'published' then 'computed' else source_kind end as source_kind,
        rate_status as status,
        extract_ids

    from rated

),

measured as (

    select * from counts

    union all

    select * from rates

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        numerator,
        denominator,
        multiplier,
        value,
        ci_low,
        ci_high,
        ci_method,
        cast(null as bigint) as n_unknown,
        denominator_id,
        method_id,
        source_kind,
        source_id,
        status,
        extract_ids

    from measured

)

select * from final
