-- In the files of territorial forces every located record has an authority; a name that resolves to none
-- wants a row in seed local_authority_alias. The records are counted in the force's figure meanwhile.
{{ config(severity = 'warn') }}

with

facts as (

    select * from {{ ref('fct_street_crime_month') }}

),

forces as (

    select * from {{ ref('dim_force') }}

)

select
    facts.force,
    facts.month,
    sum(facts.crime_count) as records_without_authority

from facts
inner join forces on facts.force = forces.force

where
    facts.location_status = 'unknown_authority'
    and forces.force_kind = 'territorial'
group by facts.force, facts.month
