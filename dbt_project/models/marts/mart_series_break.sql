{{ config(alias='series_break') }}

with

breaks as (

    select * from {{ ref('series_break') }}

),

final as (

    select
        break_id,
        measure_id,
        area_code,
        method_id,
        breakdown_type,
        breakdown_value,
        break_date,
        kind as break_kind,
        what_changed,
        bridge_factor,
        source as told_by

    from breaks

)

select * from final
