-- Question: How many crimes were closed because the victim withdrew (outcomes 14 and 16) or the evidence did not suffice (15), by offence group, against the year before?
-- Reads: marts.dim_force, marts.plan_coverage, marts.measure_value, marts.comparison
-- Answer: one row per reason and offence group, and one for all crime, for the newest financial year held
-- Sample: rows
-- Note: needs the Home Office outcomes open data: data.police.uk has 14, 15 and 16 as one outcome. Outcomes given in the year are counted (method in_period), so that both years are whole.
-- Note: the change is of the share of outcomes given, in points with its interval; more crimes closed for any reason would move the number alone.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

asked as (

    select
        asked.*,
        coverage.reason as coverage_reason

    from (values
        ('victim withdrew (14, 16)', 'victim_withdrawal_rate', 'pcp2529_victim_withdrawal'),
        ('evidence did not suffice (15)', 'evidential_difficulty_rate', 'pcp2529_victim_withdrawal')
    ) as asked (closed_because, measure_id, plan_indicator_id)
    left join marts.plan_coverage as coverage on asked.plan_indicator_id = coverage.plan_indicator_id

),

measured as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and measure_id in (select measure_id from asked)
        and period_type = 'fin_year'
        and method_id = 'in_period'
        and (breakdown_type is null or breakdown_type = 'offence_group')

),

newest as (

    select *

    from measured

    qualify period_end = max(case when value is not null then period_end end) over (partition by measure_id)

)

select
    asked.closed_because,
    case when newest.measure_id is not null then coalesce(newest.breakdown_value, 'all crime') end as offence_group,
    newest.period_start,
    newest.period_end,
    newest.numerator as crimes_closed,
    before.numerator as crimes_closed_year_before,
    newest.value as of_outcomes_pct,
    newest.ci_low,
    newest.ci_high,
    before.value as of_outcomes_pct_year_before,
    changes.difference as change_points,
    changes.difference_low as change_points_low,
    changes.difference_high as change_points_high,
    coalesce(changes.finding, changes.status) as finding,
    newest.source_kind,
    case
        when newest.measure_id is null then asked.coverage_reason
        when newest.value is null then newest.status
        else 'held'
    end as state

from asked
left join newest on asked.measure_id = newest.measure_id
left join measured as before
    on newest.measure_id = before.measure_id
    and newest.breakdown_value is not distinct from before.breakdown_value
    and newest.period_start = before.period_start + interval 1 year
left join marts.comparison as changes
    on newest.measure_id = changes.measure_id
    and newest.area_code = changes.area_code
    and newest.method_id = changes.method_id
    and newest.breakdown_value is not distinct from changes.breakdown_value
    and newest.period_type = changes.period_type
    and newest.period_start = changes.period_start
    and changes.comparison_type = 'same_period_last_year'

order by
    asked.closed_because desc,
    newest.breakdown_type is not null,
    newest.numerator desc;
