-- Question: Are Black and Asian people searched more often than White people this year, by their own account of their ethnicity and the Census of 2021, and has the ratio changed on the same denominator?
-- Reads: marts.dim_force, marts.plan_coverage, marts.search_ratio, marts.comparison
-- Answer: one row per group for the newest whole financial year
-- Sample: rows
-- Note: the ratio leaves out searches of unknown ethnicity; lowest_ratio and highest_ratio count all of them as White, or all as of the group. unknown_share_pct says how many they are.
-- Note: the change is of the ratio in per cent, both years over the residents of the same census.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

ratios as (

    select *

    from marts.search_ratio

    where
        is_home_force
        and period_type = 'fin_year'
        and ethnicity_basis = 'self_defined_ethnicity'
        and denominator_id = 'census_2021'
        and ethnic_group in ('Black', 'Asian')

    qualify
        period_end = max(
            case when method_id = 'rate_ratio_known_only' and status in ('final', 'provisional') then period_end end
        ) over (partition by ethnic_group)

),

changes as (

    select *

    from marts.comparison

    where
        measure_id = 'stop_search_disproportionality'
        and area_code in (select area_code from home)
        and period_type = 'fin_year'
        and comparison_type = 'same_period_last_year'
        and breakdown_type = 'self_defined_ethnicity'
        and denominator_basis = 'census_2021'

),

asked as (

    select
        asked.ethnic_group,
        coverage.reason

    from (select unnest(['Black', 'Asian']) as ethnic_group) as asked
    left join marts.plan_coverage as coverage on coverage.plan_indicator_id = 'pcp1620_stop_search_dispro'

)

select
    asked.ethnic_group,
    known.period_start,
    known.period_end,
    known.ratio as ratio_to_white,
    known.ci_low,
    known.ci_high,
    lowest.ratio as lowest_ratio,
    highest.ratio as highest_ratio,
    known.unknown_share_pct,
    case
        when known.ci_low > 1 then 'searched more often'
        when known.ci_high < 1 then 'searched less often'
        when known.ratio is not null then 'no clear difference'
    end as answer,
    changes.reference_value as ratio_year_before,
    changes.change_pct as ratio_change_pct,
    changes.change_pct_low as ratio_change_pct_low,
    changes.change_pct_high as ratio_change_pct_high,
    coalesce(changes.finding, changes.words) as change,
    known.source_kind,
    case
        when known.ratio is null then coalesce(known.status, asked.reason, 'no year has a value')
        else 'held'
    end as state

from asked
left join ratios as known
    on asked.ethnic_group = known.ethnic_group
    and known.method_id = 'rate_ratio_known_only'
left join ratios as lowest
    on asked.ethnic_group = lowest.ethnic_group
    and lowest.method_id = 'rate_ratio_bound_low'
left join ratios as highest
    on asked.ethnic_group = highest.ethnic_group
    and highest.method_id = 'rate_ratio_bound_high'
left join changes
    on known.ethnic_group = changes.breakdown_value
    and known.method_id = changes.method_id
    and known.period_start = changes.period_start

order by asked.ethnic_group desc;
