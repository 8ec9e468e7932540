-- Question: In which offence groups and neighbourhood units, of at least 30 answers, are victims clearly less satisfied than in the rest of the force?
-- Reads: marts.dim_force, marts.plan_coverage, marts.dim_series, marts.measure_value
-- Answer: one row per offence group and unit for the newest twelve months; those below the force come first
-- Sample: rows
-- Note: each group is held against all other victims of the force, so that nobody is compared with himself (measure victim_satisfaction_difference). A release without it shows the shares and says so.
-- Note: sixteen groups are tested, each at 95 %: about one in forty would seem below by chance alone.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

series as (

    select
        coverage.reason,
        series.measure_id,
        series.period_type,
        series.method_id,
        series.last_period_end

    from marts.plan_coverage as coverage
    left join marts.dim_series as series on coverage.series_id = series.series_id

    where coverage.plan_indicator_id = 'pcp2529_victim_satisfaction'

),

measured as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and measure_id in ('victim_satisfaction_overall', 'victim_satisfaction_difference')
        and breakdown_type in ('offence_group', 'neighbourhood_unit')
        and breakdown_value <> 'unknown'

)

select
    shares.breakdown_type as cut,
    shares.breakdown_value as group_name,
    shares.period_start,
    shares.period_end,
    shares.value as satisfied_pct,
    shares.ci_low,
    shares.ci_high,
    shares.denominator as answers,
    differences.value as difference_points,
    differences.ci_low as difference_points_low,
    differences.ci_high as difference_points_high,
    case
        when shares.denominator < 30 or differences.status = 'below_minimum' then 'too few answers'
        when differences.ci_high < 0 then 'below the rest of the force'
        when differences.ci_low > 0 then 'above the rest of the force'
        when differences.value is not null then 'no clear difference'
    end as finding,
    shares.source_kind,
    case
        when shares.measure_id is null then series.reason
        when shares.value is null then shares.status
        when differences.measure_id is null then 'share held; the difference from the rest of the force is not in this release'
        when differences.value is null then differences.status
        else 'held'
    end as state

from series
left join measured as shares
    on series.measure_id = shares.measure_id
    and series.period_type = shares.period_type
    and series.method_id = shares.method_id
    and series.last_period_end = shares.period_end
left join measured as differences
    on differences.measure_id = 'victim_satisfaction_difference'
    and differences.method_id = concat('group_less_rest_of_force_', regexp_extract(shares.method_id, '[a-z]+$'))
    and shares.period_type = differences.period_type
    and shares.period_start = differences.period_start
    and shares.breakdown_type = differences.breakdown_type
    and shares.breakdown_value = differences.breakdown_value

order by
    finding = 'below the rest of the force' desc nulls last,
    shares.breakdown_type,
    differences.value nulls last,
    shares.value;
