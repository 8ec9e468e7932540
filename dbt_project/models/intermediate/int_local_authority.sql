{% set geography_date = "date '" ~ var('authority_geography_date') ~ "'" %}

with

authorities as (

    select * from {{ ref('local_authority') }}

),

forces as (

    select * from {{ ref('force') }}

),

-- an authority abolished before the day of the geography counts under its successor; two steps are
-- enough for every chain of mergers in hand (test: every authority of before resolves)
first_step as (

    select
        lad_code,
        case when valid_to < {{ geography_date }} then successor_code else lad_code end as successor_code

    from authorities

),

second_step as (

    select
        first_step.lad_code,
        case
            when authorities.valid_to < {{ geography_date }} then authorities.successor_code
            else authorities.lad_code
        end as successor_code

    from first_step
    inner join authorities on first_step.successor_code = authorities.lad_code

),

-- an authority younger than the geography has no series of its own: it resolves to none
measured as (

    select
        second_step.lad_code,
        authorities.lad_code as measured_lad_code

    from second_step
    inner join authorities on second_step.successor_code = authorities.lad_code

    where
        coalesce(authorities.valid_from, {{ geography_date }}) <= {{ geography_date }}
        and coalesce(authorities.valid_to, {{ geography_date }}) >= {{ geography_date }}

),

final as (

    select
        authorities.lad_code,
        authorities.lad_name,
        authorities.force_area_code,
        forces.force,
        authorities.valid_from,
        authorities.valid_to,
        authorities.successor_code,
        measured.measured_lad_code

    from authorities
    inner join forces on authorities.force_area_code = forces.area_code
    left join measured on authorities.lad_code = measured.lad_code

)

select * from final
