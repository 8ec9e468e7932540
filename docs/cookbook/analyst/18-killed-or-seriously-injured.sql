-- Question: How many people were killed or seriously injured on the roads, as reported and adjusted for how severity is recorded, on motorways and other roads, by area from 2010 to the newest year?
-- Reads: marts.measure_value, marts.dim_area, marts.plan_coverage
-- Answer: one row per area, year and class of road; areas are police force areas, and local authorities once held; without any, rows with the state
-- Note: motorway_and_a_m is the two classes before it together, as the plans mean motorways.
-- Sample: rows
-- Note: local authorities are not made from the collisions yet: the measures are of force areas.
-- Note: An adjusted number has an interval only where its count is large enough.
-- Note: The change in how severity is recorded is a matter of each force, which is why the adjusted numbers are the ones to compare over time.
-- Note: class 'all' is the total.
with

answer as (

    select
        areas.area_type,
        areas.area_name,
        areas.is_home_force,
        cast(year(measure_value.period_start) as integer) as year,
        coalesce(measure_value.breakdown_value, 'all') as road_class,
        max(case when measure_value.method_id = 'ksi_reported' then measure_value.value end) as reported,
        max(case when measure_value.method_id = 'ksi_reported' then measure_value.ci_low end) as reported_low,
        max(case when measure_value.method_id = 'ksi_reported' then measure_value.ci_high end) as reported_high,
        max(case when measure_value.method_id = 'ksi_adjusted' then measure_value.value end) as adjusted,
        max(case when measure_value.method_id = 'ksi_adjusted' then measure_value.ci_low end) as adjusted_low,
        max(case when measure_value.method_id = 'ksi_adjusted' then measure_value.ci_high end) as adjusted_high,
        max(case when measure_value.method_id = 'ksi_reported' then measure_value.n_unknown end) as of_unknown_class,
        max(case when measure_value.method_id = 'ksi_reported' then measure_value.status end) as reported_status,
        max(case when measure_value.method_id = 'ksi_adjusted' then measure_value.status end) as adjusted_status,
        max(measure_value.source_kind) as source_kind

    from marts.measure_value
    inner join marts.dim_area as areas on measure_value.area_code = areas.area_code

    where
        measure_value.measure_id = 'ksi_casualties'
        and measure_value.period_type = 'cal_year'
        and measure_value.period_start >= date '2010-01-01'
        and (measure_value.breakdown_type = 'road_class' or measure_value.breakdown_type is null)

    group by areas.area_type, areas.area_name, areas.is_home_force, measure_value.period_start, road_class

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'ksi_casualties'
    and not exists (select 1 from answer)

order by is_home_force desc, area_type, area_name, year, road_class
