{# Names under which official statistics speak of areas. #}
with

forces as (

    select * from {{ ref('force') }}

),

aliases as (

    select * from {{ ref('area_alias') }}

),

final as (

    select
        force_name as area_name,
        area_code

    from forces

    union all

    select
        area_name,
        area_code

    from aliases

)

select * from final
