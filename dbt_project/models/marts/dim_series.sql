with

measure_values as (

    select * from {{ ref('measure_value') }}

),

measures as (

    select * from {{ ref('dim_measure') }}

),

areas as (

    select * from {{ ref('dim_area') }}

),

home as (

    select area_code from {{ ref('force') }} where force = '{{ var("home_force") }}'

),

series as (

    select
        {{ series_id('measure_values') }} as series_id,
        measure_id,
        area_code,
        period_type,
        method_id,
        {{ denominator_basis('denominator_id') }} as denominator_basis,
        breakdown_type,
        breakdown_value,
        max(case when ci_method = 'wilson_95' then 1 else 0 end) as has_wilson,
        max(case when ci_method = 'log_ratio_95' then 1 else 0 end) as has_log_ratio,
        max(case when ci_method in ('byar_95', 'poisson_exact_95') then 1 else 0 end) as has_poisson,
        max(case when denominator is not null then 1 else 0 end) as has_denominator,
        max(multiplier) as multiplier,
        max(case when source_kind = 'synthetic' then 1 else 0 end) as has_synthetic,
        min(case when value is not null then period_start end) as first_period_start,
        max(case when value is not null then period_end end) as last_period_end,
        count(value) as value_count

    from measure_values

    group by
        {{ series_id('measure_values') }},
        measure_id,
        area_code,
        period_type,
        method_id,
        {{ denominator_basis('denominator_id') }},
        breakdown_type,
        breakdown_value

),

final as (

    select
        series.series_id,
        series.measure_id,
        series.area_code,
        series.period_type,
        series.method_id,
        series.denominator_basis,
        series.breakdown_type,
        series.breakdown_value,
        case
            when series.has_wilson = 1 then 'share'
            when series.has_log_ratio = 1 then 'ratio'
            when series.has_poisson = 1 and series.has_denominator = 1 then 'rate'
            when series.has_poisson = 1 then 'count'
            when series.has_denominator = 1 then 'mean'
            else 'amount'
        end as kind,
        measures.unit,
        measures.direction,
        series.multiplier,
        coalesce(series.area_code = home.area_code or areas.parent_area_code = home.area_code, false) as is_home,
        series.has_synthetic = 1 as is_synthetic,
        series.first_period_start,
        series.last_period_end,
        series.value_count

    from series
    cross join home
    left join measures on series.measure_id = measures.measure_id
    left join areas on series.area_code = areas.area_code

)

select * from final
