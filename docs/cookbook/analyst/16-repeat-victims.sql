-- Question: How many people were victims of two or more crimes within 365 days, by offence and unit, and what share of crimes do they suffer?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per value of the measures of repeat victims; a row per plan indicator with its state when there are none
-- Sample: state
-- Note: victims are not held: no published source has them, and a force's crime records with victims are not taken in.
-- Note: A performance return can give the rate, broken down by offence or unit; it is shown here as soon as it does.
with

held as (

    select
        measure_value.measure_id,
        measure_value.breakdown_type,
        measure_value.breakdown_value,
        measure_value.period_start,
        measure_value.period_end,
        measure_value.numerator,
        measure_value.denominator,
        measure_value.value,
        measure_value.ci_low,
        measure_value.ci_high,
        measure_value.status,
        measure_value.source_kind

    from marts.measure_value
    inner join marts.dim_force on measure_value.area_code = dim_force.area_code

    where dim_force.is_home_force and measure_value.measure_id = 'repeat_victim_rate'

)

select * from held

union all by name

select
    measure_id,
    indicator_name,
    state as status,
    reason as words

from marts.plan_coverage

where
    measure_id = 'repeat_victim_rate'
    and not exists (select 1 from held)

order by indicator_name, period_start, breakdown_type, breakdown_value
