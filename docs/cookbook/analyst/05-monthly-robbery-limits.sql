-- Question: For robbery by month and area: the mean, the process limits, which rule each month breaks, and its icon, when moving ranges of 3.267 times their mean or more are left out?
-- Reads: marts.spc_point, marts.dim_area, marts.dim_force, marts.plan_coverage
-- Answer: one row per area and month; without any, rows with the state
-- Sample: rows
-- Note: neighbourhood units are not held.
-- Note: The street files give local authorities, which are the units of the force area but for Birmingham, two units in one; rows by unit come once a return gives robbery by policing_area.
-- Note: The icon is a plain special cause (high or low) where the measure has no wanted direction.
-- Note: `screening` and `ranges_screened` say whether and how many moving ranges were left out.
with

answer as (

    select
        areas.area_name,
        points.breakdown_type,
        points.breakdown_value,
        points.month,
        points.value as robberies,
        points.segment,
        points.segment_start_reason,
        points.mean,
        points.lpl,
        points.upl,
        points.moving_range,
        points.rule,
        points.point_type as icon,
        points.is_trial_limits,
        points.no_verdict_reason,
        points.screening,
        points.ranges_screened,
        points.source_kind

    from marts.spc_point as points
    inner join marts.dim_area as areas on points.area_code = areas.area_code

    where
        (
            points.measure_id = 'street_crime_count'
            and points.breakdown_value = 'Robbery'
            and points.area_code not in (select area_code from marts.dim_force)
        )
        or (points.measure_id = 'robbery_count' and points.breakdown_type is not null)

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'robbery_count'
    and not exists (select 1 from answer)

order by area_name, breakdown_value, month
