-- Question: Which series have a registered break inside the period asked for, and which comparisons does it forbid?
-- Reads: marts.dim_series, marts.series_break, marts.comparison
-- Answer: one row per series and break, those that forbid most comparisons first
-- Sample: rows
-- Note: the window is the whole life of each series; put dates in `asked` for another.
-- Note: Without values on one side a break forbids nothing. A comparison that crosses several breaks is counted at the newest.
-- Note: Series are those of the home force and its authorities.
-- Note: An empty cell of a break holds for all areas, methods or breakdowns.
with

asked as (

    select
        date '1900-01-01' as window_start,
        date '2999-12-31' as window_end

),

broken as (

    select
        series.series_id,
        series.measure_id,
        series.area_code,
        series.period_type,
        series.method_id,
        series.breakdown_type,
        series.breakdown_value,
        series.first_period_start,
        series.last_period_end,
        breaks.break_id,
        breaks.break_date,
        breaks.kind,
        breaks.what_changed

    from marts.dim_series as series
    cross join asked
    inner join marts.series_break as breaks
        on series.measure_id = breaks.measure_id
        and coalesce(breaks.area_code, series.area_code) = series.area_code
        and coalesce(breaks.method_id, series.method_id) = series.method_id
        and (breaks.breakdown_type is null or breaks.breakdown_type = series.breakdown_type)
        and (breaks.breakdown_value is null or breaks.breakdown_value = series.breakdown_value)
        and breaks.break_date between asked.window_start and asked.window_end
        and breaks.break_date between series.first_period_start and series.last_period_end

    where series.is_home

),

forbidden as (

    select
        comparison.series_id,
        comparison.break_id,
        count(*) as comparisons_forbidden,
        string_agg(distinct comparison.comparison_type, ', ' order by comparison.comparison_type) as kinds_forbidden,
        min(comparison.period_start) as first_period_forbidden,
        max(comparison.period_end) as last_period_forbidden

    from marts.comparison
    cross join asked

    where
        comparison.break_id is not null
        and comparison.period_end between asked.window_start and asked.window_end
    group by comparison.series_id, comparison.break_id

)

select
    broken.*,
    coalesce(forbidden.comparisons_forbidden, 0) as comparisons_forbidden,
    forbidden.kinds_forbidden,
    forbidden.first_period_forbidden,
    forbidden.last_period_forbidden

from broken
left join forbidden on broken.series_id = forbidden.series_id and broken.break_id = forbidden.break_id
order by comparisons_forbidden desc, broken.series_id, broken.break_id
