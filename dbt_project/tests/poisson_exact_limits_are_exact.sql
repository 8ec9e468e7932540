-- Each limit leaves 2.5 % of the Poisson distribution outside: P(X <= n) at the upper one, P(X >= n) at the lower one.
with

limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

tails as (

    select
        limits.event_count,
        sum(exp(-limits.upper_95) * power(limits.upper_95, counts.event_count) / factorial(counts.event_count)) as at_upper,
        1 - sum(
            case
                when counts.event_count < limits.event_count
                    then
                        exp(-limits.lower_95)
                        * power(limits.lower_95, counts.event_count) / factorial(counts.event_count)
                else 0
            end
        ) as at_lower

    from limits
    inner join limits as counts on limits.event_count >= counts.event_count

    group by limits.event_count

)

select *

from tails

where
    abs(at_upper - 0.025) > 1e-9
    or (event_count > 0 and abs(at_lower - 0.025) > 1e-9)
