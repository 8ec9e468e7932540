with

plans as (

    select * from {{ ref('plan') }}

),

indicators as (

    select
        plan_id,
        count(*) as indicator_count

    from {{ ref('plan_indicator') }}

    group by plan_id

),

final as (

    select
        plans.plan_id,
        plans.title as plan_title,
        plans.area_code,
        plans.kind as plan_kind,
        plans.starts_on,
        plans.ends_on,
        plans.published_on,
        plans.document,
        plans.reports_on,
        coalesce(indicators.indicator_count, 0) as indicator_count

    from plans
    left join indicators on plans.plan_id = indicators.plan_id

)

select * from final
