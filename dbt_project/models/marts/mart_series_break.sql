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
        kind,
        what_changed,
        bridge_factor,
        source

    from breaks

)

select * from final
