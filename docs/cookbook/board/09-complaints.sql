-- Question: How many complaints came in per 1,000 workforce since the rules changed on 1 February 2020, by route, and how does the median of working days stand to 110?
-- Reads: marts.dim_force, marts.series_break, marts.plan_coverage, marts.plan_target, marts.measure_value
-- Answer: one row for all complaints and one per route: the number since the change, then rate and median of the longest newest period that lies wholly after it
-- Sample: rows
-- Note: the day is read from marts.series_break; nothing before it is added in, because a complaint means more from then on.
-- Note: the number since the change has no rate of its own, as no standard period holds exactly those months. It is empty when a month is missing.
-- Note: the plan set 110 days for local investigations alone, and the median is of all complaints of the route: they stand beside each other without a verdict. Old cases finish later, so medians of a young rule are short. The median of row all leaves out complaints outside Schedule 3.
-- Note: rates need the workforce of the nearest 31 March; where it is not held they are empty and state says so.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

measured as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and (breakdown_type is null or breakdown_type = 'route')
        and measure_id in (
            'complaints_count', 'complaints_per_1000_workforce', 'complaint_days_to_finalise', 'complaint_days_outside_s3'
        )

),

change as (

    select max(break_date) as changed_on

    from marts.series_break

    where
        measure_id = 'complaints_count'
        and kind = 'definition'
        and breakdown_type is null

),

since as (

    select
        breakdown_value as route,
        min(period_start) as since,
        max(period_end) as until,
        case when count(value) = count(*) then sum(value) end as complaints,
        count(*) - count(value) as months_missing,
        max(source_kind) as source_kind

    from measured

    where
        measure_id = 'complaints_count'
        and period_type = 'month'
        and period_start >= (select changed_on from change)
        and period_end <= (
            select max(period_end) from measured where measure_id = 'complaints_count' and value is not null
        )

    group by breakdown_value

),

longest as (

    select
        period_type,
        period_start,
        period_end

    from measured

    where
        measure_id = 'complaints_count'
        and breakdown_type is null
        and value is not null
        and period_start >= (select changed_on from change)

    order by
        period_end - period_start > 300 desc,
        period_end - period_start > 80 desc,
        period_end desc,
        period_type

    limit 1

),

routes as (

    select unnest([null, 'schedule_3', 'outside_schedule_3']) as route

),

targets as (

    select
        coverage.reason,
        targets.target_value as target_days,
        targets.note as target_note

    from marts.plan_coverage as coverage
    left join marts.plan_target as targets
        on coverage.plan_indicator_id = targets.plan_indicator_id
        and targets.unit = 'days'

    where coverage.plan_indicator_id = 'pcp1620_complaints_timeliness'

)

select
    coalesce(routes.route, 'all') as route,
    since.since,
    since.until,
    since.complaints as complaints_since,
    longest.period_start,
    longest.period_end,
    counts.value as complaints,
    counts.ci_low as complaints_low,
    counts.ci_high as complaints_high,
    rates.value as per_1000_workforce,
    rates.ci_low as per_1000_workforce_low,
    rates.ci_high as per_1000_workforce_high,
    medians.value as median_working_days,
    medians.denominator as finalised,
    targets.target_days,
    targets.target_note,
    since.source_kind,
    case
        when since.since is null then targets.reason
        when since.complaints is null then concat(since.months_missing, ' months are missing')
        when rates.value is null then concat('no rate: ', coalesce(rates.status, 'not in this release'))
        else 'held'
    end as state

from routes
cross join targets
left join longest on true
left join since on routes.route is not distinct from since.route
left join measured as counts
    on counts.measure_id = 'complaints_count'
    and longest.period_type = counts.period_type
    and longest.period_start = counts.period_start
    and routes.route is not distinct from counts.breakdown_value
left join measured as rates
    on rates.measure_id = 'complaints_per_1000_workforce'
    and longest.period_type = rates.period_type
    and longest.period_start = rates.period_start
    and routes.route is not distinct from rates.breakdown_value
left join measured as medians
    on medians.method_id = 'median_working_days_incl_suspension'
    and longest.period_type = medians.period_type
    and longest.period_start = medians.period_start
    and case
        when routes.route = 'outside_schedule_3'
            then medians.measure_id = 'complaint_days_outside_s3' and medians.breakdown_type is null
        else
            medians.measure_id = 'complaint_days_to_finalise'
            and routes.route is not distinct from medians.breakdown_value
    end

order by routes.route nulls first;
