-- Question: How many values are missing, for which reason, by measure?
-- Reads: marts.measure_value, marts.dim_force
-- Answer: one row per measure of the home force, with a number per reason
-- Sample: rows
-- Note: suppression is applied when something is exported and leaves no mark here, so there is no column for it.
select
    measure_value.measure_id,
    count(*) as cells,
    count(measure_value.value) as with_value,
    count_if(measure_value.status = 'not_collected') as not_collected,
    count_if(measure_value.status = 'not_supplied') as not_supplied,
    count_if(measure_value.status = 'partial') as partial_period,
    count_if(measure_value.status = 'below_minimum') as too_few_events,
    count_if(measure_value.status = 'not_comparable') as not_comparable,
    count_if(
        measure_value.value is null
        and measure_value.status not in ('not_collected', 'not_supplied', 'partial', 'below_minimum', 'not_comparable')
    ) as without_a_reason

from marts.measure_value
inner join marts.dim_force on measure_value.area_code = dim_force.area_code

where dim_force.is_home_force
group by measure_value.measure_id
order by without_a_reason desc, count(*) - count(measure_value.value) desc, measure_value.measure_id
