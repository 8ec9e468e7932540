with

plans as (

    select * from {{ ref('plan') }}

),

home as (

    select area_code from {{ ref('dim_force') }}

    where is_home_force

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
        home.area_code,
        plans.area_code is null as is_common,
        plans.kind as plan_kind,
        plans.starts_on,
        plans.ends_on,
        plans.published_on,
        plans.document,
        plans.reports_on,
        coalesce(indicators.indicator_count, 0) as indicator_count

    from plans
    -- the plans of other forces are not the home force's business
    inner join home on coalesce(plans.area_code, home.area_code) = home.area_code
    left join indicators on plans.plan_id = indicators.plan_id

)

select * from final
