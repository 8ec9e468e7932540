-- Question: Which checks ended otherwise than the last time they ran, and did a published figure stop reproducing?
-- Reads: ops.check_result
-- Answer: one row per check whose status, or number of rows found, is not that of the time before; a row that says so when none is
-- Sample: rows
-- Note: a check of a seed runs again only when there is something new to check, so each is compared with its own last result, not with the run before.
with

results as (

    select
        *,
        row_number() over (partition by table_name, check_name order by checked_at desc) as place

    from ops.check_result

),

changed as (

    select
        newest.table_name,
        newest.check_name,
        newest.severity,
        earlier.checked_at as checked_before,
        newest.checked_at as checked_now,
        earlier.status as status_before,
        newest.status as status_now,
        earlier.unexpected_count as found_before,
        newest.unexpected_count as found_now,
        newest.observed,
        case when earlier.status <> newest.status then 'status changed' else 'rows found changed' end as words

    from results as newest
    inner join results as earlier
        on newest.table_name = earlier.table_name
        and newest.check_name = earlier.check_name
        and earlier.place = 2

    where
        newest.place = 1
        and (
            newest.status <> earlier.status
            or newest.unexpected_count is distinct from earlier.unexpected_count
        )

)

select * from changed

union all by name

select
    case
        when (select count(distinct run_id) from ops.check_result) < 2 then 'one run so far: nothing to compare'
        else 'nothing changed'
    end as words

where not exists (select 1 from changed)

order by words desc, table_name, check_name
