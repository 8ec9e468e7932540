-- Question: How far apart are the positive outcome rates of crimes recorded in a year (cohort) and of outcomes given in it (in period), for each offence group, and after how many months does the rate of a cohort settle?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per source and offence group, for its newest financial year that has a cohort rate; a row with the state when there is none
-- Sample: rows
-- Note: two sources: the Home Office's outcomes by offence group, and the records of data.police.uk by crime type, whose cohorts are looked at 3, 6 and 12 months after the crime.
-- Note: settles_at_months is the first of these ages whose interval holds the rate at 12 months; other ages are not worked out.
with

rates as (

    select
        case when measure_value.method_id in ('cohort', 'in_period') then 'Home Office' else 'data.police.uk' end as source,
        coalesce(measure_value.breakdown_value, 'all crime') as offence_group,
        measure_value.period_start,
        measure_value.method_id,
        measure_value.value,
        measure_value.ci_low,
        measure_value.ci_high,
        measure_value.denominator,
        measure_value.source_kind

    from marts.measure_value
    inner join marts.dim_force on measure_value.area_code = dim_force.area_code

    where
        dim_force.is_home_force
        and measure_value.measure_id = 'positive_outcome_rate'
        and measure_value.period_type = 'fin_year'
        and measure_value.method_id <> 'as_returned'
        and measure_value.value is not null

),

beside as (

    select
        source,
        offence_group,
        period_start as year_start,
        max(case when method_id like 'cohort%' then denominator end) as crimes,
        max(case when method_id in ('cohort', 'cohort_12m') then value end) as cohort_pct,
        max(case when method_id in ('cohort', 'cohort_12m') then ci_low end) as cohort_low,
        max(case when method_id in ('cohort', 'cohort_12m') then ci_high end) as cohort_high,
        max(case when method_id like 'in_period%' then value end) as in_period_pct,
        max(case when method_id = 'cohort_3m' then value end) as cohort_3m_pct,
        max(case when method_id = 'cohort_3m' then ci_low end) as low_3m,
        max(case when method_id = 'cohort_3m' then ci_high end) as high_3m,
        max(case when method_id = 'cohort_6m' then value end) as cohort_6m_pct,
        max(case when method_id = 'cohort_6m' then ci_low end) as low_6m,
        max(case when method_id = 'cohort_6m' then ci_high end) as high_6m,
        max(case when method_id = 'cohort_12m' then value end) as cohort_12m_pct,
        max(source_kind) as source_kind

    from rates

    group by source, offence_group, period_start

),

newest as (

    select * from beside

    where cohort_pct is not null
    qualify year_start = max(year_start) over (partition by source)

)

select
    source,
    offence_group,
    year_start,
    crimes,
    cohort_pct,
    cohort_low,
    cohort_high,
    in_period_pct,
    in_period_pct - cohort_pct as in_period_less_cohort,
    cohort_3m_pct,
    cohort_6m_pct,
    cohort_12m_pct,
    case
        when cohort_12m_pct between low_3m and high_3m then 3
        when cohort_12m_pct between low_6m and high_6m then 6
        when cohort_12m_pct is not null then 12
    end as settles_at_months,
    case when source = 'Home Office' then 'the ages of cohorts are not in this source' end as words,
    source_kind

from newest

union all by name

select
    indicator_name as offence_group,
    reason as words

from marts.plan_coverage

where
    measure_id = 'positive_outcome_rate'
    and not exists (select 1 from newest)

order by source, in_period_less_cohort desc nulls last, offence_group
