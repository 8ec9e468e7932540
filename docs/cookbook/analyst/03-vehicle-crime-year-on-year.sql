-- Question: By how many per cent did vehicle crime and theft of motor vehicles change from one financial year to the next over the five years of the annual report 2020/21, and how sure is that?
-- Reads: marts.dim_month, marts.dim_force, marts.comparison, marts.reconciliation, marts.plan_coverage, marts.dim_plan
-- Answer: one row per measure, financial year and method: count, change on the year before with its 95 % interval, and what was printed
-- Sample: rows
-- Note: counts of two publications are never compared with each other, so a year that came another way than the year before has no change and `words` says why.
-- Note: The printed change is worked out from the printed counts.
with

asked as (

    select distinct
        measures.measure_id,
        months.fin_year_start as year_start,
        months.fin_year_label as fin_year

    from marts.dim_month as months
    cross join (values ('vehicle_crime_count'), ('theft_of_motor_vehicle_count')) as measures (measure_id)

    where months.fin_year_start between date '2016-04-01' and date '2020-04-01'

),

home as (

    select area_code from marts.dim_force where is_home_force

),

-- the totals of the force, by every method there is
changes as (

    select comparison.*
    from marts.comparison
    inner join home on comparison.area_code = home.area_code
    where
        comparison.measure_id in (select measure_id from asked)
        and comparison.period_type = 'fin_year'
        and comparison.comparison_type = 'same_period_last_year'
        and comparison.breakdown_type is null

),

printed as (

    select
        reconciliation.measure_id,
        reconciliation.period_start as year_start,
        max(case when quantity = 'offences' then published_value end) as printed_count,
        max(case when quantity = 'change_on_previous_FY' then published_value end) as change_of_printed_counts_pct

    from marts.reconciliation
    inner join home on reconciliation.area_code = home.area_code

    where quantity in ('offences', 'change_on_previous_FY')
    group by all

),

states as (

    select measure_id, min(reason) as reason from marts.plan_coverage
    where plan_id in (select plan_id from marts.dim_plan where plan_kind = 'report')
    group by measure_id

)

select
    asked.measure_id,
    asked.fin_year,
    changes.method_id,
    changes.value as offences,
    changes.reference_value as offences_year_before,
    changes.change_pct,
    changes.change_pct_low,
    changes.change_pct_high,
    changes.finding,
    coalesce(changes.status, 'not_supplied') as status,
    coalesce(changes.words, states.reason) as words,
    printed.printed_count,
    printed.change_of_printed_counts_pct,
    changes.source_kind

from asked
left join changes on asked.measure_id = changes.measure_id and asked.year_start = changes.period_start
left join printed on asked.measure_id = printed.measure_id and asked.year_start = printed.year_start
left join states on asked.measure_id = states.measure_id
order by asked.measure_id, asked.year_start, changes.method_id
