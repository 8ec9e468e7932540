-- Question: Does every interval hold its value, and do those of proportions stay from 0 to 100?
-- Reads: marts.measure_value
-- Answer: one row per kind of interval
-- Sample: rows
-- Note: a difference at the last bit of a floating-point number is not counted.
select
    ci_method,
    count(*) as intervals,
    count_if(ci_low > value + 1e-9 * greatest(1, abs(value)) or ci_high < value - 1e-9 * greatest(1, abs(value)))
        as value_outside,
    count_if(ci_low > ci_high) as limits_swapped,
    count_if(ci_low is null or ci_high is null) as one_limit_missing,
    count_if(ci_method = 'wilson_95' and (ci_low < 0 or ci_high > 100)) as proportion_out_of_range,
    string_agg(distinct measure_id, ', ' order by measure_id) filter (
        where ci_low > value + 1e-9 * greatest(1, abs(value)) or ci_high < value - 1e-9 * greatest(1, abs(value))
    ) as measures_outside

from marts.measure_value

where ci_method is not null
group by ci_method
order by value_outside desc, ci_method
