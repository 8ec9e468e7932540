with

crimes as (

    select * from {{ ref('int_street_crime_month') }}

),

crime_types as (

    select * from {{ ref('street_crime_type') }}

),

authorities as (

    select * from {{ ref('int_local_authority') }}

),

series_months as (

    select * from {{ ref('int_source_month') }}

    where
        source = 'police_uk_street'
        and is_within_series

),

forces as (

    select distinct
        force,
        area_code,
        first_month,
        last_month

    from series_months

),

areas as (

    select
        force,
        area_code,
        'force' as area_type

    from forces

    union all

    select
        forces.force,
        authorities.lad_code as area_code,
        'local_authority' as area_type

    from authorities
    inner join forces on authorities.force = forces.force

    where authorities.measured_lad_code = authorities.lad_code

),

observed as (

    select distinct
        force,
        month,
        crime_type

    from crimes

),

-- categories that a force's series can hold at all
force_types as (

    select
        forces.force,
        crime_types.crime_type

    from forces
    inner join crime_types
        on crime_types.valid_from <= forces.last_month
        and coalesce(crime_types.valid_to, forces.last_month) >= forces.first_month

    union

    select
        force,
        crime_type

    from observed

),

-- one cell per force, month and category: without gaps, so that windows may count rows
cells as (

    select
        series_months.force,
        series_months.month,
        series_months.status,
        force_types.crime_type,
        crime_types.is_crime,
        (
            crime_types.valid_from <= series_months.month
            and coalesce(crime_types.valid_to, series_months.month) >= series_months.month
        )
        or observed.crime_type is not null as is_in_use

    from series_months
    inner join force_types on series_months.force = force_types.force
    inner join crime_types on force_types.crime_type = crime_types.crime_type
    left join observed
        on series_months.force = observed.force
        and series_months.month = observed.month
        and force_types.crime_type = observed.crime_type

),

-- a force's total holds every record of its file, an authority's those of its own force's file in it
counted as (

    select
        area_code,
        month,
        crime_type,
        sum(crime_count) as crime_count,
        sum(case when location_status in ('no_location', 'unknown_authority') then crime_count else 0 end)
            as n_unknown

    from crimes

    group by area_code, month, crime_type

    union all

    select
        lad_code as area_code,
        month,
        crime_type,
        sum(crime_count) as crime_count,
        cast(null as bigint) as n_unknown

    from crimes

    where location_status = 'in_force'
    group by lad_code, month, crime_type

),

by_type as (

    select
        areas.force,
        areas.area_code,
        areas.area_type,
        cells.month,
        cells.crime_type,
        cells.is_crime,
        cells.is_in_use,
        -- no record of a category in use in a supplied month is a true 0; anything else is not known
        case
            when cells.is_in_use and cells.status = 'supplied' then coalesce(counted.crime_count, 0)
        end as crime_count,
        case
            when areas.area_type = 'force' and cells.is_in_use and cells.status = 'supplied'
                then coalesce(counted.n_unknown, 0)
        end as n_unknown

    from cells
    inner join areas on cells.force = areas.force
    left join counted
        on areas.area_code = counted.area_code
        and cells.month = counted.month
        and cells.crime_type = counted.crime_type

),

totals as (

    select
        force,
        area_code,
        area_type,
        month,
        sum(crime_count) as crime_count,
        sum(n_unknown) as n_unknown

    from by_type

    where is_crime
    group by force, area_code, area_type, month

),

final as (

    select
        force,
        area_code,
        area_type,
        month,
        crime_type,
        is_in_use,
        cast(crime_count as bigint) as crime_count,
        cast(n_unknown as bigint) as n_unknown

    from by_type

    union all

    select
        force,
        area_code,
        area_type,
        month,
        cast(null as varchar) as crime_type,
        true as is_in_use,
        cast(crime_count as bigint) as crime_count,
        cast(n_unknown as bigint) as n_unknown

    from totals

)

select * from final
