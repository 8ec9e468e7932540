-- The setting home_force must be the slug of a territorial force of seed force.
with

home as (

    select count(*) as force_count

    from {{ ref('dim_force') }}

    where
        is_home_force
        and force_kind = 'territorial'

)

select *

from home

where force_count <> 1
