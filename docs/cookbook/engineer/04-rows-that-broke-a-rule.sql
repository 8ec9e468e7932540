-- Question: Which rows broke a rule on their way in (type, required value, range, list, reference), by rule and file?
-- Reads: ops.check_result, ops.quarantine
-- Answer: one row per file, column and reason of rows put aside, then one per check of the newest run that did not pass
-- Sample: rows
-- Note: rows that cannot be read are put aside by file; a check tells its first findings in `observed`, files among them.
with

newest as (

    select run_id from ops.check_result order by checked_at desc limit 1

)

select
    'put aside' as kind,
    source as table_name,
    file_name,
    coalesce(column_name, 'whole row') as rule,
    reason,
    count(*) as rows_found,
    min(line) as first_line,
    any_value(value) as example,
    'error' as severity

from ops.quarantine
group by source, file_name, column_name, reason

union all by name

select
    'check' as kind,
    table_name,
    check_name as rule,
    description as reason,
    unexpected_count as rows_found,
    observed as example,
    severity

from ops.check_result

where
    status <> 'passed'
    and run_id in (select run_id from newest)

order by kind desc, table_name, rule
