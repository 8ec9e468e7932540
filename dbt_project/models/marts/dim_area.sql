with

forces as (

    select * from {{ ref('force') }}

),

authorities as (

    select * from {{ ref('int_local_authority') }}

),

areas as (

    select
        area_code,
        force_name as area_name,
        'force' as area_type,
        cast(null as varchar) as parent_area_code,
        force,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as varchar) as successor_area_code,
        area_code as measured_area_code

    from forces

    union all

    select
        lad_code as area_code,
        lad_name as area_name,
        'local_authority' as area_type,
        force_area_code as parent_area_code,
        force,
        valid_from,
        valid_to,
        successor_code as successor_area_code,
        measured_lad_code as measured_area_code

    from authorities

    union all

    -- what forces are compared with
    select
        'K04000001' as area_code,
        'England and Wales' as area_name,
        'country' as area_type,
        cast(null as varchar) as parent_area_code,
        'national' as force,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to,
        cast(null as varchar) as successor_area_code,
        'K04000001' as measured_area_code

)

select
    area_code,
    area_name,
    area_type,
    parent_area_code,
    force,
    valid_from,
    valid_to,
    successor_area_code,
    measured_area_code,
    coalesce(area_code = measured_area_code, false) as is_measured,
    force = '{{ var("home_force") }}' as is_home_force

from areas
