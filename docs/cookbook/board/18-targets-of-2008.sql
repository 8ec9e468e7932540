-- Question: Which targets of the plan for 2008-11 would have been met, on what is held today?
-- Reads: marts.plan_target, marts.dim_plan_indicator, marts.plan_coverage, marts.plan_scorecard, marts.comparison
-- Answer: one row per target: the value of its own period where that is held, and the newest value or year-on-year change held against it
-- Sample: rows
-- Note: "meets" and "misses" hold when the whole 95 % interval lies on one side of the target, else it is too close to say.
-- Note: newest_* is a thought experiment: the target of 2008 against today's value. What is counted has changed since, so it says nothing of the years of the plan.
-- Note: a target over three years is not held against a change of one year, nor one in another unit against the value.
with

targets as (

    select
        targets.*,
        indicators.position,
        indicators.indicator_name,
        indicators.unit as series_unit,
        coverage.series_id,
        coverage.reason

    from marts.plan_target as targets
    inner join marts.dim_plan_indicator as indicators on targets.plan_indicator_id = indicators.plan_indicator_id
    inner join marts.plan_coverage as coverage on targets.plan_indicator_id = coverage.plan_indicator_id

    where targets.plan_id = 'spp0811'

),

scores as (

    select
        scorecard.*,
        changes.change_pct,
        changes.change_pct_low,
        changes.change_pct_high,
        changes.words as change_words

    from marts.plan_scorecard as scorecard
    left join marts.comparison as changes
        on scorecard.series_id = changes.series_id
        and scorecard.period_start = changes.period_start
        and changes.comparison_type = 'same_period_last_year'

    where
        scorecard.plan_id = 'spp0811'
        and scorecard.value is not null

),

-- what a target is held against: the value, or its change on the year before
held as (

    select
        targets.target_id,
        scores.period_start,
        scores.period_end,
        scores.source_kind,
        case when targets.kind = 'change' then scores.change_pct else scores.value end as held_value,
        case when targets.kind = 'change' then scores.change_pct_low else scores.ci_low end as held_low,
        case when targets.kind = 'change' then scores.change_pct_high else scores.ci_high end as held_high,
        case when targets.kind = 'change' and scores.change_pct is null
            then coalesce(scores.change_words, 'no year before to compare with')
        end as why_not

    from targets
    inner join scores
        on targets.plan_indicator_id = scores.plan_indicator_id
        and (
            scores.is_latest
            or (scores.is_headline_period and scores.period_end between targets.period_start and targets.period_end)
        )

    where
        (targets.kind = 'level' and targets.unit = targets.series_unit)
        or (targets.kind = 'change' and targets.reference = 'previous_period')

),

judged as (

    select
        held.*,
        case
            when held.held_value is null then null
            when targets.comparison = 'at_least' and coalesce(held.held_low, held.held_value) >= targets.target_value
                then 'meets'
            when targets.comparison = 'at_most' and coalesce(held.held_high, held.held_value) <= targets.target_value
                then 'meets'
            when targets.comparison = 'at_least' and coalesce(held.held_high, held.held_value) < targets.target_value
                then 'misses'
            when targets.comparison = 'at_most' and coalesce(held.held_low, held.held_value) > targets.target_value
                then 'misses'
            else 'too close to say'
        end as finding

    from held
    inner join targets on held.target_id = targets.target_id

),

own as (

    select judged.*

    from judged
    inner join targets
        on judged.target_id = targets.target_id
        and judged.period_end between targets.period_start and targets.period_end

    qualify row_number() over (partition by judged.target_id order by judged.period_end desc) = 1

),

newest as (

    select *

    from judged

    qualify row_number() over (partition by target_id order by period_end desc) = 1

)

select
    targets.indicator_name,
    targets.period_start as target_from,
    targets.period_end as target_to,
    targets.kind,
    targets.comparison,
    targets.target_value as target,
    targets.unit,
    own.held_value as own_period_value,
    own.held_low as own_period_low,
    own.held_high as own_period_high,
    own.finding as own_period_finding,
    newest.period_start as newest_start,
    newest.period_end as newest_end,
    newest.held_value as newest_value,
    newest.held_low as newest_low,
    newest.held_high as newest_high,
    newest.finding as newest_finding,
    coalesce(own.source_kind, newest.source_kind) as source_kind,
    case
        when own.finding is not null then 'held'
        when newest.finding is not null then 'no value of the years of the plan; the newest is held against it'
        when newest.target_id is not null then newest.why_not
        when targets.series_id is null then targets.reason
        else 'not held against a single year, or in another unit'
    end as state

from targets
left join own on targets.target_id = own.target_id
left join newest on targets.target_id = newest.target_id

order by
    targets.position,
    targets.period_end,
    targets.target_id;
