-- Question: Has the satisfaction of victims changed since last year by more than chance, and how many of those asked have answered?
-- Reads: marts.dim_force, marts.plan_coverage, marts.comparison, marts.measure_value
-- Answer: one row: the newest twelve months of the online survey beside the twelve before
-- Sample: rows
-- Note: online and telephone answers are never compared: the series is the one the plan in force is mapped to.
-- Note: the interval is that of chance among those who answered; with a low response rate, who answers matters more than it shows.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

changes as (

    select *

    from marts.comparison

    where comparison_type = 'rolling_12m_last_year'

),

answered as (

    select
        *,
        regexp_extract(method_id, '[a-z]+$') as mode

    from marts.measure_value

    where
        measure_id = 'survey_response_rate'
        and period_type = 'rolling_12m'
        and breakdown_type is null
        and area_code in (select area_code from home)

)

select
    changes.period_start,
    changes.period_end,
    changes.value as satisfied_pct,
    changes.reference_value as satisfied_pct_year_before,
    changes.difference as change_points,
    changes.difference_low as change_points_low,
    changes.difference_high as change_points_high,
    changes.finding_direction as finding,
    changes.words,
    now.value as response_rate_pct,
    now.ci_low as response_rate_pct_low,
    now.ci_high as response_rate_pct_high,
    now.numerator as completed,
    now.denominator as invited,
    before.value as response_rate_pct_year_before,
    changes.source_kind,
    case
        when changes.series_id is null then coverage.reason
        when changes.status <> 'comparable' then changes.words
        when now.value is null then coalesce(now.status, 'response rate not held')
        else 'held'
    end as state

from marts.plan_coverage as coverage
left join changes on coverage.series_id = changes.series_id
left join answered as now
    on changes.period_start = now.period_start
    and regexp_extract(changes.method_id, '[a-z]+$') = now.mode
left join answered as before
    on changes.reference_period_start = before.period_start
    and regexp_extract(changes.method_id, '[a-z]+$') = before.mode

where coverage.plan_indicator_id = 'pcp2529_victim_satisfaction'

qualify row_number() over (order by changes.period_end desc nulls last) = 1;
