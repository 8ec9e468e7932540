-- Question: What share of emergency incidents (P1) was attended within 15 minutes and of priority incidents (P2) within 60, by local policing area, with median and 90th percentile?
-- Reads: marts.dim_force, marts.plan_coverage, marts.measure_value
-- Answer: one row per grade and area, the force first, for the newest quarter held
-- Sample: rows
-- Note: grades are the final ones. Only incidents with a valid arrival are timed: arrival_recorded_pct says how many are.
-- Note: medians and percentiles are worked out from the incidents of the quarter, not from months; releases without these measures leave them empty.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

grades as (

    select
        upper(substr(measure_id, 10, 2)) as grade,
        case plan_indicator_id when 'pcp2529_response_emergency' then 15 else 60 end as within_minutes,
        measure_id,
        replace(measure_id, '_in_target', '_minutes') as minutes_id,
        replace(measure_id, '_in_target', '_arrival_recorded') as arrival_id,
        reason

    from marts.plan_coverage

    where plan_indicator_id in ('pcp2529_response_emergency', 'pcp2529_response_priority')

),

measured as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and period_type = 'quarter'
        and (breakdown_type is null or breakdown_type = 'policing_unit')
        and method_id in ('final_grade', 'median_final_grade', 'p90_final_grade')

),

shares as (

    select *

    from measured

    where measure_id in (select measure_id from grades)

    qualify period_start = max(case when value is not null then period_start end) over (partition by measure_id)

)

select
    grades.grade,
    case when shares.measure_id is not null then coalesce(shares.breakdown_value, 'whole force') end as policing_area,
    shares.period_start,
    shares.period_end,
    grades.within_minutes,
    shares.value as attended_in_time_pct,
    shares.ci_low,
    shares.ci_high,
    shares.denominator as incidents_timed,
    medians.value as median_minutes,
    percentiles.value as p90_minutes,
    arrivals.value as arrival_recorded_pct,
    shares.source_kind,
    case
        when shares.measure_id is null then grades.reason
        when shares.value is null then shares.status
        else 'held'
    end as state

from grades
left join shares on grades.measure_id = shares.measure_id
left join measured as medians
    on grades.minutes_id = medians.measure_id
    and medians.method_id = 'median_final_grade'
    and shares.period_start = medians.period_start
    and shares.breakdown_value is not distinct from medians.breakdown_value
left join measured as percentiles
    on grades.minutes_id = percentiles.measure_id
    and percentiles.method_id = 'p90_final_grade'
    and shares.period_start = percentiles.period_start
    and shares.breakdown_value is not distinct from percentiles.breakdown_value
left join measured as arrivals
    on grades.arrival_id = arrivals.measure_id
    and shares.period_start = arrivals.period_start
    and shares.breakdown_value is not distinct from arrivals.breakdown_value

order by
    grades.grade,
    shares.breakdown_value nulls first;
