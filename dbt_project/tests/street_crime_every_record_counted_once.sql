-- Every record of raw street crime is in exactly one row of the fact, force by force and month by month.
with

records as (

    select
        force,
        period_start as month,
        count(*) as record_count

    from {{ ref('stg_police_uk_street') }}

    group by force, period_start

),

facts as (

    select
        force,
        month,
        sum(crime_count) as record_count

    from {{ ref('fct_street_crime_month') }}

    group by force, month

)

select
    coalesce(records.force, facts.force) as force,
    coalesce(records.month, facts.month) as month,
    records.record_count as raw_records,
    facts.record_count as fact_records

from records
full outer join facts
    on records.force = facts.force
    and records.month = facts.month

where records.record_count is distinct from facts.record_count
