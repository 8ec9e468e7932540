-- Question: Is the sequence of the extracts of each source, force, period and slice unique and without gaps, and were any two releases published at one moment?
-- Reads: ops.extract, ops.release
-- Answer: one row per way in which the order is not clear; a row that says so when it is
-- Sample: rows
-- Note: files do not carry the day their publisher released them, so the order is that of loading, and a new extract of the same part takes the next number.
with

parts as (

    select
        source,
        force,
        period_start,
        slice,
        count(*) as extracts,
        count(distinct sequence) as sequences,
        max(sequence) as last_sequence

    from ops.extract

    where sequence is not null
    group by source, force, period_start, slice

),

moments as (

    select
        known_at,
        count(*) as releases

    from ops.release

    group by known_at
    having count(*) > 1

),

problems as (

    select
        concat_ws(' ', source, force, period_start, slice) as what,
        case
            when sequences < extracts then 'two extracts have one number'
            else 'a number is missing'
        end as problem

    from parts

    where
        sequences < extracts
        or last_sequence <> sequences

    union all

    select
        cast(known_at as varchar) as what,
        'several releases at one moment' as problem

    from moments

)

select * from problems

union all

select
    concat((select count(*) from parts), ' parts, ', (select count(*) from ops.release), ' releases') as what,
    'none' as problem

where not exists (select 1 from problems)
order by problem, what
