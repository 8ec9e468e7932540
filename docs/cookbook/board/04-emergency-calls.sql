-- Question: Were at least 90 % of 999 calls answered within ten seconds in the newest month, and for how many months running?
-- Reads: marts.dim_force, marts.plan_coverage, marts.plan_target, marts.measure_value
-- Answer: one row per way of counting: of the calls answered (as the plan counts) and of the calls presented
-- Sample: rows
-- Note: the share that must keep the time is read from marts.plan_target. A month without value ends a run: missing is not met.
-- Note: the standard is of the calls themselves, so the value decides; the interval says how far chance could move a month.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

targets as (

    select
        coverage.measure_id,
        coverage.reason,
        targets.target_value as seconds,
        targets.required_share_pct

    from marts.plan_coverage as coverage
    left join marts.plan_target as targets
        on coverage.plan_indicator_id = targets.plan_indicator_id
        and targets.is_main

    where coverage.plan_indicator_id = 'pcp2529_call_999'

),

months as (

    select
        measured.*,
        measured.value >= targets.required_share_pct as is_met,
        max(measured.period_start) over (partition by measured.method_id) as last_month

    from marts.measure_value as measured
    inner join targets on measured.measure_id = targets.measure_id

    where
        measured.area_code in (select area_code from home)
        and measured.period_type = 'month'
        and measured.breakdown_type is null
        and measured.value is not null

),

-- months that follow each other have the same start
runs as (

    select
        method_id,
        period_start,
        period_start - to_months(cast(row_number() over (partition by method_id order by period_start) as integer)) as run

    from months

    where is_met

),

run_lengths as (

    select
        method_id,
        max(period_start) as run_end,
        min(period_start) as run_start,
        count(*) as run_months

    from runs

    group by method_id, run

)

select
    months.method_id,
    months.period_start as month,
    months.value as answered_in_time_pct,
    months.ci_low,
    months.ci_high,
    months.denominator as calls,
    targets.seconds as within_seconds,
    targets.required_share_pct,
    months.is_met,
    case
        when months.ci_low >= targets.required_share_pct then 'above beyond chance'
        when months.ci_high < targets.required_share_pct then 'below beyond chance'
        when months.value is not null then 'within chance of the target'
    end as certainty,
    case when months.value is not null then coalesce(run_lengths.run_months, 0) end as months_running,
    run_lengths.run_start as met_since,
    months.source_kind,
    case when months.value is null then targets.reason else 'held' end as state

from targets
left join months on months.period_start = months.last_month
left join run_lengths
    on months.method_id = run_lengths.method_id
    and months.period_start = run_lengths.run_end

order by months.method_id;
