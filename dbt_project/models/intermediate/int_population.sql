with

populations as (

    select * from {{ ref('population') }}

),

editions as (

    select * from {{ ref('population_edition') }}

),

months as (

    select * from {{ ref('int_month') }}

),

-- a census is no mid-year estimate; of two editions of one year the later one holds
ranked as (

    select
        populations.lad_code,
        populations.force_area_code,
        populations.year,
        populations.population,
        populations.edition,
        row_number() over (
            partition by populations.lad_code, populations.year order by populations.edition desc
        ) as edition_rank

    from populations
    inner join editions on populations.edition = editions.edition

    where editions.kind = 'mid_year_estimate'

),

estimates as (

    select
        lad_code as area_code,
        'local_authority' as area_type,
        year as population_year,
        population,
        edition

    from ranked

    where edition_rank = 1

    union all

    -- the population of a force is the unrounded sum of its authorities
    select
        force_area_code as area_code,
        'force' as area_type,
        year as population_year,
        sum(population) as population,
        max(edition) as edition

    from ranked

    where edition_rank = 1
    group by force_area_code, year

),

years as (

    select distinct calendar_year as year from months

),

-- the estimate of the year itself, else the latest earlier one
chosen as (

    select
        estimates.area_code,
        years.year,
        max(estimates.population_year) as population_year

    from years
    inner join estimates on years.year >= estimates.population_year

    group by estimates.area_code, years.year

),

final as (

    select
        chosen.area_code,
        estimates.area_type,
        cast(chosen.year as integer) as year,
        cast(estimates.population as bigint) as population,
        estimates.population_year,
        estimates.edition,
        concat(estimates.edition, ':', estimates.population_year) as denominator_id,
        chosen.year <> estimates.population_year as is_carried_forward

    from chosen
    inner join estimates
        on chosen.area_code = estimates.area_code
        and chosen.population_year = estimates.population_year

)

select * from final
