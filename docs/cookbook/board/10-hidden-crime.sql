-- Question: Which strands of hidden crime show more reporting than the year before, crimes and non-crimes apart, and which less than their five-year mean?
-- Reads: marts.dim_plan_indicator, marts.plan_coverage, marts.measure_value, marts.comparison, marts.series_break, marts.dim_force
-- Answer: one row per strand and kind of record, for the newest financial year held
-- Sample: rows
-- Note: the mean is that of the financial years before the newest one, at most five and none across a break; years_in_mean says how many are held. The sample has four.
-- Note: "below" and "above" hold when the mean lies outside the 95 % interval of the year; the mean itself varies too, so few years say little.
-- Note: flags overlap: strands are never added up. A strand that was not collected is not zero.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

strands as (

    select distinct
        indicators.measure_id,
        indicators.measure_name,
        record_types.record_type

    from marts.dim_plan_indicator as indicators
    cross join (select unnest(['crimes', 'non-crimes']) as record_type) as record_types

    where
        indicators.measure_id like 'hidden_crime_%'
        and indicators.measure_id not in ('hidden_crime_total', 'hidden_crime_share', 'hidden_crime_ratio')

),

reasons as (

    select
        measure_id,
        min(reason) as reason

    from marts.plan_coverage

    group by measure_id

),

years as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and measure_id in (select measure_id from strands)
        and period_type = 'fin_year'
        and breakdown_type = 'record_type'
        and value is not null

),

newest as (

    select *

    from years

    qualify row_number() over (partition by measure_id, breakdown_value order by period_end desc) = 1

),

means as (

    select
        newest.measure_id,
        newest.breakdown_value,
        avg(earlier.value) as mean_before,
        count(*) as years_in_mean

    from newest
    inner join years as earlier
        on newest.measure_id = earlier.measure_id
        and newest.breakdown_value = earlier.breakdown_value
        and newest.method_id = earlier.method_id
        and earlier.period_start < newest.period_start
        and earlier.period_start >= newest.period_start - interval 5 year
    anti join marts.series_break as breaks
        on newest.measure_id = breaks.measure_id
        and coalesce(breaks.area_code, newest.area_code) = newest.area_code
        and coalesce(breaks.method_id, newest.method_id) = newest.method_id
        and coalesce(breaks.breakdown_type, newest.breakdown_type) = newest.breakdown_type
        and coalesce(breaks.breakdown_value, newest.breakdown_value) = newest.breakdown_value
        and earlier.period_start < breaks.break_date
        and newest.period_end >= breaks.break_date

    group by newest.measure_id, newest.breakdown_value

)

select
    strands.measure_name as strand,
    strands.record_type,
    newest.period_start,
    newest.period_end,
    newest.value as records,
    newest.ci_low,
    newest.ci_high,
    changes.change_pct as change_pct,
    changes.change_pct_low,
    changes.change_pct_high,
    case changes.finding
        when 'higher' then 'more reporting'
        when 'lower' then 'less reporting'
        else coalesce(changes.finding, changes.status)
    end as against_year_before,
    means.mean_before,
    means.years_in_mean,
    case
        when newest.ci_high < means.mean_before then 'below'
        when newest.ci_low > means.mean_before then 'above'
        when means.mean_before is not null then 'no clear difference'
    end as against_mean,
    newest.source_kind,
    case
        when newest.measure_id is not null then 'held'
        when strands.measure_id in (select measure_id from years) then 'this kind of record is not collected for the strand'
        else reasons.reason
    end as state

from strands
left join reasons on strands.measure_id = reasons.measure_id
left join newest
    on strands.measure_id = newest.measure_id
    and strands.record_type = newest.breakdown_value
left join marts.comparison as changes
    on newest.measure_id = changes.measure_id
    and newest.area_code = changes.area_code
    and newest.method_id = changes.method_id
    and newest.breakdown_type = changes.breakdown_type
    and newest.breakdown_value = changes.breakdown_value
    and newest.period_type = changes.period_type
    and newest.period_start = changes.period_start
    and changes.comparison_type = 'same_period_last_year'
left join means
    on newest.measure_id = means.measure_id
    and newest.breakdown_value = means.breakdown_value

order by
    strands.record_type,
    changes.change_pct desc nulls last,
    strands.measure_name;
