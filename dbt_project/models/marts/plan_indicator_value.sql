with

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

series as (

    select * from {{ ref('dim_series') }}

),

measure_values as (

    select * from {{ ref('measure_value') }}

),

series_of_indicators as (

    select
        indicators.plan_indicator_id,
        indicators.plan_id,
        indicators.plan_starts_on,
        indicators.plan_ends_on,
        indicators.period_type as headline_period_type,
        indicators.direction,
        indicators.unit,
        series.series_id,
        series.kind

    from indicators
    inner join series on {{ same_subject('series', 'indicators') }}

    -- a share or a rate means the same over any length; a number of things only over the one the plan speaks of, or,
    -- for a year, over the rolling year and its quarters
    where
        indicators.sources is not null
        and (
            series.period_type = indicators.period_type
            or (
                series.kind in ('share', 'rate', 'ratio', 'mean')
                and series.period_type in ('quarter', 'fin_year', 'cal_year', 'rolling_12m')
            )
            or (
                indicators.period_type in ('fin_year', 'cal_year', 'rolling_12m')
                and series.period_type in ('quarter', 'rolling_12m')
            )
        )

),

final as (

    select
        series_of_indicators.plan_indicator_id,
        series_of_indicators.plan_id,
        series_of_indicators.series_id,
        measure_values.measure_id,
        measure_values.area_code,
        measure_values.method_id,
        {{ denominator_basis('measure_values.denominator_id') }} as denominator_basis,
        measure_values.breakdown_type,
        measure_values.breakdown_value,
        series_of_indicators.kind,
        series_of_indicators.direction,
        series_of_indicators.unit,
        measure_values.period_type,
        measure_values.period_start,
        measure_values.period_end,
        measure_values.numerator,
        measure_values.denominator,
        measure_values.multiplier,
        measure_values.value,
        measure_values.ci_low,
        measure_values.ci_high,
        measure_values.status,
        measure_values.source_kind,
        measure_values.period_type = series_of_indicators.headline_period_type as is_headline_period,
        measure_values.period_end >= series_of_indicators.plan_starts_on
        and measure_values.period_start
        <= coalesce(series_of_indicators.plan_ends_on, measure_values.period_start) as is_in_plan

    from measure_values
    inner join series_of_indicators on {{ series_id('measure_values') }} = series_of_indicators.series_id

)

select * from final
