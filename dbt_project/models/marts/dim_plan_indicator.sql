with

indicators as (

    -- macro series_id takes the basis for what it is
    select
        *,
        denominator_basis as denominator_id

    from {{ ref('plan_indicator') }}

),

plans as (

    select * from {{ ref('dim_plan') }}

),

measures as (

    select * from {{ ref('measure') }}

),

returnable as (

    select * from {{ ref('return_measure') }}

),

placed as (

    select
        indicators.plan_indicator_id,
        indicators.plan_id,
        plans.plan_title,
        plans.plan_kind,
        plans.starts_on as plan_starts_on,
        plans.ends_on as plan_ends_on,
        indicators.position,
        indicators.priority,
        indicators.name as indicator_name,
        indicators.level,
        indicators.headline,
        indicators.direction,
        indicators.unit,
        indicators.measure_id,
        coalesce(measures.name, returnable.name) as measure_name,
        coalesce(measures.definition, returnable.numerator) as measure_definition,
        coalesce(indicators.area_code, plans.area_code) as area_code,
        indicators.period_type,
        indicators.breakdown_type,
        indicators.breakdown_value,
        indicators.method_id,
        indicators.denominator_basis,
        indicators.denominator_id,
        indicators.comparators,
        indicators.sources,
        indicators.datasets,
        indicators.access,
        plans.document,
        indicators.line

    from indicators
    inner join plans on indicators.plan_id = plans.plan_id
    left join measures on indicators.measure_id = measures.measure_id
    left join returnable on indicators.measure_id = returnable.measure_id

),

final as (

    select
        plan_indicator_id,
        plan_id,
        plan_title,
        plan_kind,
        plan_starts_on,
        plan_ends_on,
        position,
        priority,
        indicator_name,
        level,
        headline,
        direction,
        unit,
        measure_id,
        measure_name,
        measure_definition,
        {{ series_id('placed') }} as series_id,
        area_code,
        period_type,
        breakdown_type,
        breakdown_value,
        method_id,
        denominator_basis,
        comparators,
        sources,
        datasets,
        access,
        document,
        line

    from placed

)

select * from final
