-- Question: Which neighbourhood unit changed most in residential burglary, newest twelve months against the twelve before, and is any outside its process limits?
-- Reads: marts.dim_force, marts.dim_area, marts.plan_coverage, marts.comparison, marts.spc_point
-- Answer: one row per unit with residential burglary, or one that says it is awaited; after them one per local authority with burglary of all kinds, to stand in for it; greatest change first
-- Sample: rows
-- Note: the sample and data.police.uk have neither units nor residential burglary apart: units come by a return of burglary_residential_count by policing_area.
-- Note: units of which only whole years are returned are compared by year, not by rolling twelve months. Nothing is compared across a break.
-- Note: limits are those of the months (XmR), of the newest month held and of the twelve months up to it.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

changes as (

    select
        comparison.*,
        comparison.measure_id = 'burglary_residential_count' as is_unit,
        coalesce(
            case when comparison.measure_id = 'burglary_residential_count' then comparison.breakdown_value end,
            areas.area_name
        ) as unit_name

    from marts.comparison
    inner join marts.dim_area as areas on comparison.area_code = areas.area_code

    where
        areas.is_home_force
        and comparison.period_type in ('rolling_12m', 'fin_year', 'cal_year')
        and comparison.comparison_type in ('rolling_12m_last_year', 'same_period_last_year')
        and (
            (
                comparison.measure_id = 'burglary_residential_count'
                and comparison.breakdown_type in ('policing_area', 'neighbourhood_unit')
                and comparison.area_code in (select area_code from home)
            )
            or (
                comparison.measure_id = 'street_crime_count'
                and comparison.breakdown_type = 'crime_type'
                and comparison.breakdown_value = 'Burglary'
                and areas.area_type = 'local_authority'
            )
        )

    qualify
        row_number() over (
            partition by comparison.measure_id, comparison.area_code, unit_name
            order by comparison.comparison_type = 'rolling_12m_last_year' desc, comparison.period_end desc
        ) = 1

),

months as (

    select
        points.*,
        max(points.month) over (partition by points.series_id) as last_month

    from marts.spc_point as points
    semi join changes
        on points.measure_id = changes.measure_id
        and points.area_code = changes.area_code
        and points.method_id = changes.method_id
        and points.breakdown_value = changes.breakdown_value

),

limits as (

    select
        measure_id,
        area_code,
        method_id,
        breakdown_type,
        breakdown_value,
        max(last_month) as last_month,
        max(case when month = last_month then rule end) as last_rule,
        max(case when month = last_month then point_type end) as last_point,
        count(*) filter (rule = 'outside_limits' and month > last_month - interval 12 month) as months_outside_limits

    from months

    group by all

),

answers as (

    select
        'residential burglary' as what,
        case when coverage.value_count > 0 then 'held for the whole force, not by unit' else coverage.reason end as reason,
        changes.*

    from marts.plan_coverage as coverage
    left join changes on changes.is_unit

    where coverage.plan_indicator_id = 'pcp2529_residential_burglary'

    union all

    select
        'burglary of all kinds, by local authority' as what,
        null as reason,
        *

    from changes

    where not is_unit

)

select
    answers.what,
    answers.unit_name,
    answers.period_start,
    answers.period_end,
    answers.value as crimes,
    answers.reference_value as crimes_before,
    answers.change_pct,
    answers.change_pct_low,
    answers.change_pct_high,
    answers.finding,
    limits.last_month,
    limits.last_point,
    limits.last_rule,
    limits.months_outside_limits,
    answers.source_kind,
    case
        when answers.unit_name is null then answers.reason
        when answers.status <> 'comparable' then answers.words
        else 'held'
    end as state

from answers
left join limits
    on answers.measure_id = limits.measure_id
    and answers.area_code = limits.area_code
    and answers.method_id = limits.method_id
    and answers.breakdown_type = limits.breakdown_type
    and answers.breakdown_value = limits.breakdown_value

order by
    answers.what desc,
    abs(answers.change_pct) desc nulls last,
    answers.unit_name;
