{{ config(alias='plan_target') }}

with

targets as (

    select * from {{ ref('plan_target') }}

),

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

figures as (

    select * from {{ ref('published_figure') }}

),

final as (

    select
        targets.target_id,
        targets.plan_indicator_id,
        indicators.plan_id,
        indicators.measure_id,
        targets.kind,
        targets.period_start,
        targets.period_end,
        targets.comparison,
        targets.target_value,
        targets.unit,
        targets.required_share_pct,
        targets.reference,
        targets.is_main,
        targets.figure_id,
        figures.as_printed,
        targets.note

    from targets
    inner join indicators on targets.plan_indicator_id = indicators.plan_indicator_id
    left join figures on targets.figure_id = figures.figure_id

)

select * from final
