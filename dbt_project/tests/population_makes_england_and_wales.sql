-- The residents of all authorities of an edition and year make its control total, and so do the groups of a census.
with

totals as (

    select
        edition,
        year,
        population

    from {{ ref('population_total') }}

),

residents as (

    select
        edition,
        year,
        sum(population) as population

    from {{ ref('population') }}

    group by edition, year

    union all

    select
        concat('census_', census_year) as edition,
        census_year as year,
        sum(population) as population

    from {{ ref('census_ethnicity') }}

    group by census_year

)

select
    coalesce(totals.edition, residents.edition) as edition,
    coalesce(totals.year, residents.year) as year,
    totals.population as control_total,
    residents.population

from totals
full outer join residents
    on totals.edition = residents.edition
    and totals.year = residents.year

where totals.population is distinct from residents.population
