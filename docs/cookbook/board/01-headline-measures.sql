-- Question: How do the twelve headline measures of the 2016-20 plan stand: latest value, baseline, direction wanted and verdict?
-- Reads: marts.plan_scorecard, marts.plan_baseline
-- Answer: one row per headline measure, in the order of the plan; headline 9 has two, 9a and 9b
-- Sample: rows
-- Note: the verdict is that of the scorecard, and judged_against says what the value was held against: the target, else the same period a year before, else the baseline. Only a change whose 95 % interval leaves out zero counts as one (docs/plans.md).
-- Note: a break in the series between the two periods, or no earlier value, gives not_comparable; the sentence says which.
-- Note: the sample lacks the surveys of confidence and worry, reoffending and first-time entrants: those rows say what they wait for.
select
    replace(scores.priority, 'Headline ', '') as headline,
    scores.indicator_name,
    scores.direction as direction_wanted,
    scores.unit,
    scores.period_start,
    scores.period_end,
    scores.value,
    scores.ci_low,
    scores.ci_high,
    baselines.period_start as baseline_start,
    baselines.period_end as baseline_end,
    baselines.baseline_value,
    scores.verdict,
    scores.judged_against,
    scores.sentence,
    scores.source_kind,
    case when scores.value is null then scores.coverage_state else 'held' end as state

from marts.plan_scorecard as scores
left join marts.plan_baseline as baselines on scores.plan_indicator_id = baselines.plan_indicator_id

where
    scores.plan_id = 'pcp1620'
    and scores.level = 'headline'
    and scores.is_latest

order by scores.position;
