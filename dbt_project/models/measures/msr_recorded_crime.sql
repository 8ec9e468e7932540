with

crimes as (

    -- names that no area has are told by a check of the staging models
    select * from {{ ref('int_recorded_crime') }} where area_code is not null

),

measures as (

    select * from {{ ref('offence_group_measure') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

counted as (

    select
        measures.count_measure_id,
        measures.rate_measure_id,
        measures.rate_multiplier,
        measures.is_headline,
        crimes.source_id,
        crimes.area_code,
        crimes.offence_group,
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
        crimes.extract_ids,
        cast(totals.crime_count as double) as total_count

    from crimes
    inner join measures on crimes.offence_group = measures.offence_group
    left join crimes as totals
        on crimes.source_id = totals.source_id
        and crimes.area_code = totals.area_code
        and crimes.period_type = totals.period_type
        and crimes.period_start = totals.period_start
        and totals.offence_group = 'total'
    left join exact_limits on crimes.crime_count = exact_limits.event_count

),

counts as (

    select
        count_measure_id as measure_id,
        cast(null as varchar) as breakdown_value,
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
        rate_measure_id as measure_id,
        cast(null as varchar) as breakdown_value,
        source_id,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_count as numerator,
        population as denominator,
        rate_multiplier as multiplier,
        case when rate_status in ('final', 'provisional') then {{ rate('crime_count', 'population', 'rate_multiplier') }} end as value,
        case when rate_status in ('final', 'provisional') then {{ rate('count_low', 'population', 'rate_multiplier') }} end as ci_low,
        case when rate_status in ('final', 'provisional') then {{ rate('count_high', 'population', 'rate_multiplier') }} end as ci_high,
        case when rate_status in ('final', 'provisional') then ci_method end as ci_method,
        denominator_id,
        concat(source_id, '_per_', cast(cast(rate_multiplier as bigint) as varchar), '_lagged_estimate') as method_id,
        -- what is worked out here is computed, also from a printed count
        case source_kind when 'published' then 'computed' else source_kind end as source_kind,
        rate_status as status,
        extract_ids

    from rated

),

shared as (

    select
        *,
        case
            when status <> 'final' then status
            -- reclassified records can leave less than nothing, which is no share
            when crime_count < 0 or total_count <= 0 or crime_count > total_count then 'not_comparable'
            when total_count is null then 'not_supplied'
            else 'final'
        end as share_status

    from counted

    where is_headline

),

shares as (

    select
        'crime_type_share' as measure_id,
        offence_group as breakdown_value,
        source_id,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_count as numerator,
        total_count as denominator,
        cast(100 as double) as multiplier,
        case when share_status = 'final' then {{ rate('crime_count', 'total_count', 100) }} end as value,
        case when share_status = 'final' then 100 * {{ wilson_low('crime_count', 'total_count') }} end as ci_low,
        case when share_status = 'final' then 100 * {{ wilson_high('crime_count', 'total_count') }} end as ci_high,
        case when share_status = 'final' then 'wilson_95' end as ci_method,
        cast(null as varchar) as denominator_id,
        concat(source_id, '_share_of_total') as method_id,
        case source_kind when 'published' then 'computed' else source_kind end as source_kind,
        share_status as status,
        extract_ids

    from shared

),

measured as (

    select * from counts

    union all

    select * from rates

    union all

    select * from shares

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        case when breakdown_value is not null then 'offence_group' end as breakdown_type,
        breakdown_value,
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
