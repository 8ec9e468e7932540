-- Question: Which five indicators newly vary for the worse beyond chance this quarter, and which five for the better?
-- Reads: marts.dim_force, marts.dim_plan_indicator, marts.spc_point
-- Answer: at most five rows of each kind, the farthest from its mean first; one row that says so when there is none of a kind
-- Sample: rows
-- Note: an indicator is a monthly series of the force whose measure and method a plan uses; one row per measure, its total before its breakdowns.
-- Note: the quarter is the last three months of the series. "New" means a special cause in it and none of that kind in the three months before.
-- Note: series that end more than six months before the newest one are not of this quarter and are left out. Among many series some signal by chance alone; limits of fewer than twelve months are trial limits.
with

points as (

    select
        points.*,
        date_diff('month', points.month, max(points.month) over (partition by points.series_id)) as months_ago,
        max(points.month) over (partition by points.series_id) as series_end,
        max(points.month) over () as newest_month

    from marts.spc_point as points
    inner join marts.dim_force as forces
        on points.area_code = forces.area_code
        and forces.is_home_force
    semi join marts.dim_plan_indicator as indicators
        on points.measure_id = indicators.measure_id
        and points.method_id = indicators.method_id

),

kinds as (

    select unnest(['special_cause_concern', 'special_cause_improvement']) as point_type

),

new_signals as (

    select
        points.*,
        abs(points.value - points.mean) / nullif(points.upl - points.mean, 0) as limits_from_mean

    from points
    anti join points as earlier
        on points.series_id = earlier.series_id
        and points.point_type = earlier.point_type
        and earlier.months_ago between 3 and 5

    where
        points.months_ago <= 2
        and points.series_end >= points.newest_month - interval 6 month
        and points.point_type in (select point_type from kinds)

),

-- the strongest month of each series, then one series of each measure
by_measure as (

    select *

    from new_signals

    qualify
        row_number() over (
            partition by point_type, measure_id
            order by breakdown_type is not null, limits_from_mean desc nulls last, series_id, month
        ) = 1

),

top_five as (

    select *

    from by_measure

    qualify row_number() over (partition by point_type order by limits_from_mean desc nulls last, measure_id) <= 5

)

select
    kinds.point_type as kind,
    top_five.measure_id,
    top_five.breakdown_type,
    top_five.breakdown_value,
    top_five.method_id,
    top_five.month,
    top_five.value,
    top_five.mean,
    top_five.lpl,
    top_five.upl,
    top_five.rule,
    top_five.limits_from_mean,
    top_five.is_trial_limits,
    top_five.series_end,
    top_five.source_kind,
    case when top_five.series_id is null then 'no indicator is new in this' else 'held' end as state

from kinds
left join top_five on kinds.point_type = top_five.point_type

order by
    kinds.point_type,
    top_five.limits_from_mean desc nulls last;
