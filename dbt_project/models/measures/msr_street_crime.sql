with

periods as (

    select * from {{ ref('int_street_crime_period') }}

),

populations as (

    select * from {{ ref('int_population') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

counted as (

    select
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.crime_type,
        cast(periods.crime_count as double) as crime_count,
        exact_limits.lower_95,
        exact_limits.upper_95,
        periods.n_unknown,
        cast(populations.population as double) as population,
        populations.denominator_id,
        populations.is_carried_forward,
        periods.status,
        periods.source_kind,
        periods.extract_ids

    from periods
    left join populations
        on periods.area_code = populations.area_code
        and {{ middle_year('periods.period_start', 'periods.period_end') }} = populations.year
    left join exact_limits on periods.crime_count = exact_limits.event_count

),

counts as (

    select
        'street_crime_count' as measure_id,
        'count' as kind,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_type,
        crime_count as numerator,
        cast(null as double) as denominator,
        lower_95,
        upper_95,
        n_unknown,
        cast(null as varchar) as denominator_id,
        'street_crime_count' as method_id,
        source_kind,
        status,
        extract_ids

    from counted

),

rates as (

    select
        'street_crime_rate' as measure_id,
        'rate' as kind,
        area_code,
        period_type,
        period_start,
        period_end,
        crime_type,
        crime_count as numerator,
        population as denominator,
        lower_95,
        upper_95,
        n_unknown,
        denominator_id,
        concat(
            'street_crime_per_1000_residents_',
            case period_type
                when 'month' then 'per_month'
                when 'rolling_12m' then 'per_12_months'
                when 'fin_year' then 'per_financial_year'
            end
        ) as method_id,
        source_kind,
        case
            when status <> 'final' then status
            -- no residents (British Transport Police) or no estimate: no rate beside another's
            when population is null or population = 0 then 'not_comparable'
            when is_carried_forward then 'provisional'
            else 'final'
        end as status,
        extract_ids

    from counted

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
        case when crime_type is not null then 'crime_type' end as breakdown_type,
        crime_type as breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits('kind') }},
        n_unknown,
        denominator_id,
        method_id,
        source_kind,
        'police_uk_street' as source_id,
        status,
        extract_ids

    from measured

)

select * from final
