-- Question: In which share of searches of people is the ethnicity that the person gives missing while the officer wrote one down, month by month?
-- Reads: marts.dim_force, marts.source_month, marts.fct_stop_search
-- Answer: one row per month of the home force; without numbers where the month was not supplied
-- Sample: rows
-- Note: two readings of missing: an empty cell, and an empty cell or 'not stated' (the person did not say).
-- Note: The share has no interval: these are all searches of the month, not a sample of them.
with

home as (

    select force from marts.dim_force where is_home_force

),

months as (

    select
        source_month.month,
        source_month.status,
        source_month.is_sample

    from marts.source_month
    inner join home on source_month.force = home.force

    where source_month.source = 'police_uk_stop_search'

),

people as (

    select
        searches.month,
        count(*) as people_searched,
        avg(case when self_defined_ethnicity is null and officer_defined_ethnicity is not null then 100.0 else 0 end)
            as empty_but_officer_pct,
        avg(case when self_defined_group = 'unknown' and officer_defined_group <> 'unknown' then 100.0 else 0 end)
            as empty_or_not_stated_but_officer_pct,
        count_if(self_defined_ethnicity is null and officer_defined_ethnicity is not null) as empty_but_officer,
        count_if(self_defined_group = 'unknown' and officer_defined_group <> 'unknown')
            as empty_or_not_stated_but_officer,
        count_if(self_defined_group = 'unknown') as self_defined_unknown,
        count_if(officer_defined_group = 'unknown') as officer_defined_unknown

    from marts.fct_stop_search as searches
    inner join home on searches.force = home.force

    where searches.is_person_searched
    group by searches.month

)

select
    months.month,
    months.status,
    people.* exclude (month),
    months.is_sample

from months
left join people on months.month = people.month
order by months.month
