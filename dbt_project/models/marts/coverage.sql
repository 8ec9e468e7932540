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

held as (

    select
        measure_id,
        area_code,
        period_type,
        min(case when value is not null then period_start end) as first_period_start,
        max(case when value is not null then period_end end) as last_period_end,
        count(distinct period_start) as period_count,
        count(distinct case when value is not null then period_start end) as period_with_value_count,
        count(*) as row_count,
        count(value) as value_count,
        {{ sorted_list('case when value is null then status end') }} as reasons_without_value,
        {{ sorted_list('source_id') }} as source_ids,
        {{ sorted_list('case when value is not null then source_kind end') }} as source_kinds

    from measure_values

    group by
        measure_id,
        area_code,
        period_type

),

final as (

    select
        held.measure_id,
        measures.measure_name,
        held.area_code,
        areas.area_name,
        areas.is_home_force,
        held.period_type,
        held.first_period_start,
        held.last_period_end,
        held.period_count,
        held.period_with_value_count,
        held.row_count,
        held.value_count,
        held.reasons_without_value,
        held.source_ids,
        held.source_kinds

    from held
    left join measures on held.measure_id = measures.measure_id
    left join areas on held.area_code = areas.area_code

)

select * from final
