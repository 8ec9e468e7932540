-- Question: Which months of each source and force are missing or empty, and since when?
-- Reads: marts.source_month
-- Answer: one row per source, force and run of months in a row that are missing or empty, holes inside a series first
-- Sample: rows
-- Note: forces that never supplied a source have one long run. A month is missing when no extract is loaded, empty when the extract has no rows. Late is missing at the end: runs_to_newest says that the run has not ended.
with

gaps as (

    select
        source,
        force,
        month,
        case when status = 'not_supplied' then 'missing' else 'empty' end as state,
        is_within_series,
        max(month) over (partition by source) as newest_month

    from marts.source_month

    where status = 'not_supplied' or rows_loaded = 0

),

numbered as (

    select
        *,
        -- months in a row have the same start once their place is taken off
        month - to_months(cast(row_number() over (partition by source, force, state order by month) as integer)) as run

    from gaps

)

select
    source,
    force,
    state,
    min(month) as first_month,
    max(month) as last_month,
    count(*) as months,
    bool_or(is_within_series) as is_hole_in_series,
    max(month) = max(newest_month) as runs_to_newest

from numbered
group by source, force, state, run
order by is_hole_in_series desc, source, force, first_month
