-- Question: How far are adjusted casualties killed or seriously injured from the line to half by 2030, and how many fewer a year would reach it?
-- Reads: marts.plan_scorecard, marts.plan_target, marts.plan_baseline
-- Answer: one row, the newest calendar year held
-- Sample: rows
-- Note: the plan names no baseline. Until seed plan_baseline holds a year there is no line: value and interval stand alone and state says so.
-- Note: the distance has the interval of the casualties; the line itself is taken as exact.
-- Note: the sample has the casualties of 2014 and 2015 alone.
with

targets as (

    select
        plan_indicator_id,
        period_end,
        target_value

    from marts.plan_target

    where
        plan_indicator_id = 'pcp2529_ksi_target_50_2030'
        and reference = 'baseline'

),

measured as (

    select
        scorecard.*,
        targets.period_end as target_on,
        year(targets.period_end) as target_year,
        baselines.period_start as base_start,
        baselines.baseline_value as base_value,
        baselines.note as base_note,
        baselines.baseline_value * (1 + targets.target_value / 100) as target_casualties

    from marts.plan_scorecard as scorecard
    inner join targets on scorecard.plan_indicator_id = targets.plan_indicator_id
    left join marts.plan_baseline as baselines on scorecard.plan_indicator_id = baselines.plan_indicator_id

    where scorecard.is_latest

)

select
    year(period_start) as calendar_year,
    value as adjusted_casualties,
    ci_low,
    ci_high,
    year(base_start) as baseline_year,
    base_value as baseline_casualties,
    target_level as line_of_the_year,
    value - target_level as above_line,
    ci_low - target_level as above_line_low,
    ci_high - target_level as above_line_high,
    target_year,
    target_casualties,
    case
        when year(period_start) < target_year
            then (value - target_casualties) / (target_year - year(period_start))
    end as fewer_a_year_needed,
    sentence,
    source_kind,
    case
        when value is null then sentence
        when base_value is null then concat('baseline not set: ', base_note)
        when target_level is null then 'the newest year held is before the line begins'
        else 'held'
    end as state

from measured;
