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
        exact_limits.lower_95,
        exact_limits.upper_95,
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
        *,
        'count' as kind,
        count_measure_id as measure_id,
        cast(null as varchar) as breakdown_value,
        crime_count as numerator,
        cast(null as double) as denominator,
        cast(1 as double) as unit_size,
        source_id as method_id,
        status as value_status

    from counted

),

rates as (

    select
        *,
        'rate' as kind,
        rate_measure_id as measure_id,
        cast(null as varchar) as breakdown_value,
        crime_count as numerator,
        population as denominator,
        rate_multiplier as unit_size,
        concat(source_id, '_per_', cast(cast(rate_multiplier as bigint) as varchar), '_lagged_estimate') as method_id,
        case
            when status <> 'final' then status
            -- British Transport Police has no residents, the City of London too few for a rate: ONS prints none
            when coalesce(population, 0) < 10000 then 'not_comparable'
            when is_carried_forward then 'provisional'
            else 'final'
        end as value_status

    from counted

    where period_type <> 'quarter'

),

shares as (

    select
        *,
        'share' as kind,
        'crime_type_share' as measure_id,
        offence_group as breakdown_value,
        crime_count as numerator,
        total_count as denominator,
        cast(100 as double) as unit_size,
        concat(source_id, '_share_of_total') as method_id,
        case
            when status <> 'final' then status
            -- reclassified records can leave less than nothing, which is no share
            when crime_count < 0 or total_count <= 0 or crime_count > total_count then 'not_comparable'
            when total_count is null then 'not_supplied'
            else 'final'
        end as value_status

    from counted

    where is_headline

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
        {{ value_and_limits('kind', 'unit_size', "kind = 'count' or value_status in ('final', 'provisional')") }},
        cast(null as bigint) as n_unknown,
        case kind when 'rate' then denominator_id end as denominator_id,
        method_id,
        -- what is worked out here is computed, also from a printed count
        case when kind <> 'count' and source_kind = 'published' then 'computed' else source_kind end as source_kind,
        source_id,
        value_status as status,
        extract_ids

    from measured

)

select * from final
