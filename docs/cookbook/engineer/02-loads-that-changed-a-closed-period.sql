-- Question: Which loads of the last 30 days changed values of a period that had been loaded before: how many rows, how many values, which columns, and by how much in the results?
-- Reads: ops.extract, ops.extract_change, marts.restatement
-- Answer: one row per extract that took the place of another
-- Sample: rows
-- Note: the 30 days end with the newest load. A sum of changes of values of several columns would mean nothing, so values are counted by column; total_restated adds the changes of the counts in the results that this extract is behind.
with

replacing as (

    select *

    from ops.extract

    where
        supersedes is not null
        and status = 'loaded'
    qualify registered_at >= max(registered_at) over () - interval 30 days

),

columns_changed as (

    select
        extract_id,
        string_agg(column_name || ': ' || values_changed, ', ' order by values_changed desc, column_name)
            filter (where values_changed > 0) as by_column

    from ops.extract_change

    group by extract_id

),

-- totals of counts alone: other numbers do not add up
restated as (

    select
        unnest(new_extract_ids) as extract_id,
        difference

    from marts.restatement

    where
        change = 'revised'
        and new_denominator is null
        and breakdown_type is null
        and period_type = 'month'

),

restated_by_extract as (

    select
        extract_id,
        count(*) as results_restated,
        sum(difference) as total_restated

    from restated

    group by extract_id

)

select
    replacing.source,
    replacing.force,
    replacing.period_start,
    replacing.file_name,
    replacing.extract_id,
    replacing.supersedes,
    replacing.registered_at,
    replacing.rows_added,
    replacing.rows_removed,
    replacing.rows_matched,
    replacing.values_changed,
    columns_changed.by_column,
    coalesce(restated_by_extract.results_restated, 0) as results_restated,
    restated_by_extract.total_restated,
    replacing.is_sample

from replacing
left join columns_changed on replacing.extract_id = columns_changed.extract_id
left join restated_by_extract on replacing.extract_id = restated_by_extract.extract_id
order by replacing.registered_at desc, replacing.source, replacing.force
