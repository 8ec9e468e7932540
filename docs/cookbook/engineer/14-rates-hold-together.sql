-- Question: Does every rate and share have its numerator, denominator and interval, and is it their quotient?
-- Reads: marts.dim_series, marts.measure_value
-- Answer: one row per measure and method that is a rate or a share
-- Sample: rows
-- Note: returns may come as a bare value, which is then without parts. Ratios, means and weighted rates have an interval of their own making or none: see method_id. Small differences at the last bit are not counted.
with

quotients as (

    select distinct
        measure_id,
        method_id,
        kind

    from marts.dim_series

    where kind in ('rate', 'share')

)

select
    quotients.kind,
    quotients.measure_id,
    quotients.method_id,
    count(*) as value_count,
    count_if(measure_value.numerator is null or measure_value.denominator is null) as without_parts,
    count_if(measure_value.ci_low is null or measure_value.ci_high is null) as without_interval,
    count_if(
        abs(measure_value.numerator * measure_value.multiplier / nullif(measure_value.denominator, 0) - measure_value.value)
        > 1e-9 * greatest(1, abs(measure_value.value))
    ) as not_the_quotient

from quotients
inner join marts.measure_value
    on quotients.measure_id = measure_value.measure_id
    and quotients.method_id = measure_value.method_id

where measure_value.value is not null
group by quotients.kind, quotients.measure_id, quotients.method_id
order by not_the_quotient desc, without_parts desc, without_interval desc, quotients.measure_id, quotients.method_id
