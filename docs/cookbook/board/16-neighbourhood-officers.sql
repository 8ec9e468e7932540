-- Question: How many neighbourhood officers and PCSOs are in post in each local policing area, against the guarantee, and how many of their hours went to other work?
-- Reads: marts.dim_force, marts.plan_coverage, marts.plan_target, marts.measure_value
-- Answer: one row per measure and area (or kind of worker), the newest held; a measure without value has one row with what it waits for
-- Sample: state
-- Note: the three come by returns: neighbourhood_strength and pcso_fte by policing_area on a day, abstraction_rate by policing_area for a month (hours abstracted of hours of neighbourhood duty).
-- Note: the plan states no number of officers per area for the guarantee: target is empty until seed plan_target holds one.
-- Note: a head count on a day is no estimate and has no interval.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

asked as (

    select
        asked.*,
        coverage.reason,
        targets.target_value as target

    from (values
        (1, 'neighbourhood officers and PCSOs in post', 'neighbourhood_strength', 'pcp2529_neighbourhood_officers'),
        (2, 'PCSOs in post, full-time equivalent', 'pcso_fte', 'pcp1620_pcso_number'),
        (3, 'neighbourhood hours spent on other work', 'abstraction_rate', 'pcp2529_abstractions')
    ) as asked (position, what, measure_id, plan_indicator_id)
    left join marts.plan_coverage as coverage on asked.plan_indicator_id = coverage.plan_indicator_id
    left join marts.plan_target as targets
        on asked.plan_indicator_id = targets.plan_indicator_id
        and targets.is_main

),

newest as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and measure_id in (select measure_id from asked)
        and (breakdown_type is null or breakdown_type in ('policing_area', 'role'))

    qualify period_end = max(case when value is not null then period_end end) over (partition by measure_id)

)

select
    asked.what,
    case when newest.measure_id is not null then coalesce(newest.breakdown_value, 'whole force') end as policing_area,
    newest.period_start,
    newest.period_end,
    case when asked.measure_id <> 'abstraction_rate' then newest.value end as in_post,
    asked.target,
    case when asked.measure_id = 'abstraction_rate' then newest.numerator end as hours_abstracted,
    case when asked.measure_id = 'abstraction_rate' then newest.value end as abstracted_pct,
    newest.ci_low,
    newest.ci_high,
    newest.source_kind,
    case
        when newest.measure_id is null then asked.reason
        when newest.value is null then newest.status
        else 'held'
    end as state

from asked
left join newest on asked.measure_id = newest.measure_id

order by
    asked.position,
    newest.breakdown_type nulls first,
    newest.breakdown_value;
