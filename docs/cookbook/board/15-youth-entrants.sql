-- Question: Did young people entering the justice system for the first time, per 10,000 aged 10 to 17, become fewer, and how does the force compare with England and Wales in each of the last five years?
-- Reads: marts.plan_coverage, marts.dim_area, marts.measure_value, marts.comparison
-- Answer: one row per year, the newest first, at most five; one row with what is awaited while there is none
-- Sample: state
-- Note: the rates come by a return of youth_first_time_entrants, of the force and of England and Wales (area code K04000001) alike.
-- Note: England and Wales has the force in it, so clearly_differs errs on the side of no difference. Intervals that part are a stricter test than the difference itself.
with

series as (

    select
        coverage.*,
        split_part(coverage.series_id, '|', 3) as period_type

    from marts.plan_coverage as coverage

    where coverage.plan_indicator_id = 'pcp1620_youth_fte'

),

measured as (

    select
        measured.*,
        areas.area_type

    from marts.measure_value as measured
    inner join marts.dim_area as areas on measured.area_code = areas.area_code

    where
        measured.measure_id in (select measure_id from series)
        and measured.breakdown_type is null
        and areas.area_type in ('force', 'country')

),

years as (

    select measured.*

    from measured
    inner join series
        on measured.area_code = series.area_code
        and measured.method_id = series.method_id
        and measured.period_type = series.period_type

    qualify row_number() over (order by measured.period_end desc) <= 5

)

select
    years.period_start,
    years.period_end,
    years.value as per_10000_aged_10_to_17,
    years.ci_low,
    years.ci_high,
    country.value as england_and_wales,
    country.ci_low as england_and_wales_low,
    country.ci_high as england_and_wales_high,
    case
        when years.ci_low > country.ci_high then 'higher'
        when years.ci_high < country.ci_low then 'lower'
        when country.value is not null then 'no clear difference'
    end as clearly_differs,
    changes.change_pct,
    changes.change_pct_low,
    changes.change_pct_high,
    coalesce(changes.finding, changes.words) as against_year_before,
    years.source_kind,
    case
        when years.measure_id is null then series.reason
        when years.value is null then years.status
        when country.value is null then 'England and Wales is not returned'
        else 'held'
    end as state

from series
left join years on true
left join measured as country
    on country.area_type = 'country'
    and years.period_type = country.period_type
    and years.period_start = country.period_start
left join marts.comparison as changes
    on changes.series_id = series.series_id
    and years.period_start = changes.period_start
    and changes.comparison_type = 'same_period_last_year'

order by years.period_end desc;
