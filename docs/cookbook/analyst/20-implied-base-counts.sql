-- Question: Which base counts do the changes printed in the milestones report of 2014/15 imply, and do they agree with the Home Office's counts of April to December 2013?
-- Reads: marts.figure_derivation, marts.measure_value
-- Answer: one row per milestone with a printed change in number and in per cent
-- Sample: rows
-- Note: the milestones run to 12 January, so the three quarters to December are to be a little less than the implied count.
-- Note: The Home Office's quarters of 2013 are not in the sample; home_office_state says what is missing.
-- Note: Business crime and violence in public places have no Home Office count.
-- Note: The implied count is as uncertain as the rounding of the printed per cent makes it (implied_low to implied_high).
with

implied as (

    select * from marts.figure_derivation where rule = 'implied_base'

),

quarters as (

    select
        measure_id,
        area_code,
        period_start,
        period_end,
        value

    from marts.measure_value

    where method_id = 'home_office_recorded_crime' and period_type = 'quarter' and breakdown_type is null

),

-- the quarters that lie in the period as a whole
summed as (

    select
        implied.figure_id,
        count(quarters.value) as quarters_held,
        sum(quarters.value) as offences

    from implied
    inner join quarters
        on implied.measure_id = quarters.measure_id
        and implied.area_code = quarters.area_code
        and quarters.period_start >= implied.period_start
        and quarters.period_end <= implied.period_end

    group by implied.figure_id

),

supplied as (

    select measure_id, area_code, min(period_start) as first_quarter, max(period_end) as last_day
    from quarters
    where value is not null
    group by measure_id, area_code

)

select
    implied.figure_id,
    implied.measure_id,
    implied.formula,
    implied.period_start,
    implied.period_end,
    implied.published_value as implied_count,
    implied.recomputed_value - implied.input_tolerance as implied_low,
    implied.recomputed_value + implied.input_tolerance as implied_high,
    case when summed.quarters_held = 3 then summed.offences end as home_office_april_to_december,
    case when summed.quarters_held = 3 then summed.offences - implied.published_value end as home_office_less_implied,
    case
        when summed.quarters_held = 3 then 'held'
        when supplied.measure_id is null then 'no Home Office count of this measure is held'
        else concat(
            'the quarters are not held: the Home Office count runs from ', strftime(supplied.first_quarter, '%B %Y'),
            ' to ', strftime(supplied.last_day, '%B %Y')
        )
    end as home_office_state,
    implied.document,
    implied.line

from implied
left join summed on implied.figure_id = summed.figure_id
left join supplied on implied.measure_id = supplied.measure_id and implied.area_code = supplied.area_code
order by implied.figure_id
