{{ config(alias='plan_baseline') }}

with

baselines as (

    select * from {{ ref('plan_baseline') }}

),

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

measure_values as (

    select * from {{ ref('measure_value') }}

),

placed as (

    select
        baselines.plan_indicator_id,
        indicators.plan_id,
        indicators.measure_id,
        indicators.area_code,
        indicators.method_id,
        indicators.denominator_basis,
        indicators.breakdown_type,
        indicators.breakdown_value,
        indicators.series_id,
        baselines.period_type,
        baselines.period_start,
        baselines.period_end,
        baselines.baseline_value as stated_value,
        baselines.unit,
        baselines.figure_id,
        baselines.note

    from baselines
    inner join indicators on baselines.plan_indicator_id = indicators.plan_indicator_id

),

final as (

    select
        placed.plan_indicator_id,
        placed.plan_id,
        placed.measure_id,
        placed.series_id,
        placed.period_type,
        placed.period_start,
        placed.period_end,
        placed.stated_value,
        measure_values.value as series_value,
        coalesce(placed.stated_value, measure_values.value) as baseline_value,
        case
            when placed.stated_value is not null then 'stated'
            when measure_values.value is not null then 'series'
            when placed.period_start is null then 'not_set'
            else 'not_supplied'
        end as value_from,
        placed.unit,
        placed.figure_id,
        placed.note

    from placed
    left join measure_values
        on placed.measure_id = measure_values.measure_id
        and placed.area_code = measure_values.area_code
        and placed.method_id = measure_values.method_id
        and placed.period_type = measure_values.period_type
        and placed.period_start = measure_values.period_start
        and placed.period_end = measure_values.period_end
        and coalesce(placed.breakdown_type, '-') = coalesce(measure_values.breakdown_type, '-')
        and coalesce(placed.breakdown_value, '-') = coalesce(measure_values.breakdown_value, '-')
        and coalesce(placed.denominator_basis, '-')
        = coalesce({{ denominator_basis('measure_values.denominator_id') }}, '-')

)

select * from final
