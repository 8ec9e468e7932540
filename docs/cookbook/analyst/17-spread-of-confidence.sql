-- Question: How far apart are the units of the force in public confidence (greatest less least, standard deviation), with intervals, survey wave by wave?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per wave; a row per plan indicator with its state when no wave is held
-- Sample: state
-- Note: the perception survey is awaited.
-- Note: A return can give confidence by unit, from which the spread follows, and the gap itself with the interval its sender worked out.
-- Note: Intervals by resampling need the answers of people, which a return does not have, so none are made up here.
with

held as (

    select measure_value.*
    from marts.measure_value
    inner join marts.dim_force on measure_value.area_code = dim_force.area_code
    where
        dim_force.is_home_force
        and measure_value.measure_id in ('public_confidence', 'public_confidence_gap')
        and measure_value.value is not null

),

units as (

    select
        method_id,
        period_type,
        period_start,
        period_end,
        count(*) as units,
        max(value) - min(value) as greatest_less_least,
        stddev_samp(value) as standard_deviation,
        arg_max(breakdown_value, value) as greatest,
        arg_min(breakdown_value, value) as least,
        max(source_kind) as source_kind

    from held

    where measure_id = 'public_confidence' and breakdown_type in ('policing_area', 'policing_unit', 'neighbourhood_unit')
    group by all

),

gaps as (

    select * from held where measure_id = 'public_confidence_gap' and breakdown_type is null

),

waves as (

    select
        coalesce(units.period_type, gaps.period_type) as period_type,
        coalesce(units.period_start, gaps.period_start) as period_start,
        coalesce(units.period_end, gaps.period_end) as period_end,
        units.units,
        units.greatest_less_least,
        units.standard_deviation,
        units.greatest,
        units.least,
        gaps.value as returned_gap,
        gaps.ci_low as returned_gap_low,
        gaps.ci_high as returned_gap_high,
        coalesce(units.source_kind, gaps.source_kind) as source_kind

    from units
    full join gaps on units.period_type = gaps.period_type and units.period_start = gaps.period_start

)

select * from waves

union all by name

select
    indicator_name,
    reason as words

from marts.plan_coverage

where
    measure_id in ('public_confidence', 'public_confidence_gap')
    and not exists (select 1 from waves)

order by period_start, indicator_name
