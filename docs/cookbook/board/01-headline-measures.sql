-- Question: How do the twelve headline measures of the 2016-20 plan stand: latest value, baseline, direction wanted and verdict?
-- Reads: marts.plan_scorecard, marts.plan_baseline
-- Answer: one row per headline measure, in the order of the plan; headline 9 has two, 9a and 9b
-- Sample: rows
-- Note: the verdict is held against the baseline of the plan where that can be compared, else against the same period a year before, and only a change whose 95 % interval leaves out zero counts as one.
-- Note: a break in the series between the two periods gives "not comparable"; the sentence names it.
-- Note: the sample lacks the surveys of confidence and worry, reoffending and first-time entrants: those rows say what they wait for.
with

headlines as (

    select
        *,
        coalesce(baseline_finding, previous_finding) as finding,
        case when direction = 'more_reporting' then 'higher' else direction end as wanted,
        case
            when baseline_finding is not null then 'baseline'
            when previous_finding is not null then 'year before'
        end as held_against

    from marts.plan_scorecard

    where
        plan_id = 'pcp1620'
        and level = 'headline'
        and is_latest

)

select
    replace(headlines.priority, 'Headline ', '') as headline,
    headlines.indicator_name,
    headlines.direction as direction_wanted,
    headlines.unit,
    headlines.period_start,
    headlines.period_end,
    headlines.value,
    headlines.ci_low,
    headlines.ci_high,
    baselines.period_start as baseline_start,
    baselines.period_end as baseline_end,
    baselines.baseline_value,
    case
        when headlines.value is null then 'no value'
        when headlines.finding = 'no_clear_change' then 'no signal'
        when headlines.finding = headlines.wanted then 'improved'
        when headlines.finding is not null then 'worse'
        when 'not_comparable' in (headlines.baseline_status, headlines.previous_status) then 'not comparable'
        when headlines.previous_status = 'comparable' then 'no interval'
        else 'no earlier value'
    end as verdict,
    headlines.held_against,
    headlines.sentence,
    headlines.source_kind,
    case when headlines.value is null then headlines.coverage_state else 'held' end as state

from headlines
left join marts.plan_baseline as baselines on headlines.plan_indicator_id = baselines.plan_indicator_id

order by headlines.position;
