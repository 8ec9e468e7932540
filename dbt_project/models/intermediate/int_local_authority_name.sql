with

authorities as (

    select * from {{ ref('int_local_authority') }}

),

aliases as (

    select * from {{ ref('local_authority_alias') }}

),

names as (

    select
        lower(lad_name) as name_key,
        lad_code

    from authorities

    union

    select
        lower(lad_name) as name_key,
        lad_code

    from aliases

),

final as (

    select
        names.name_key,
        names.lad_code,
        authorities.measured_lad_code,
        authorities.force_area_code

    from names
    inner join authorities on names.lad_code = authorities.lad_code

)

select * from final
