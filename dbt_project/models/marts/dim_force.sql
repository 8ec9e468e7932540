with

forces as (

    select * from {{ ref('force') }}

)

select
    force,
    area_code,
    force_name,
    police_uk_label,
    stats19_police_force,
    force_kind,
    force = '{{ var("home_force") }}' as is_home_force

from forces
