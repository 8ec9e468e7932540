-- No authority gains or loses a fifth of its residents in a year: two rows were exchanged, or a digit is wrong.
with

populations as (

    select * from {{ ref('population') }}

),

pairs as (

    select
        later.lad_code,
        later.edition,
        later.year,
        earlier.population as population_before,
        later.population

    from populations as later
    inner join populations as earlier
        on later.lad_code = earlier.lad_code
        and later.edition = earlier.edition
        and later.year = earlier.year + 1

)

select *

from pairs

where abs(population - population_before) > 0.2 * population_before
