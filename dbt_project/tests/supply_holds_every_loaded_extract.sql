-- Every loaded extract of one force and one month is one supplied month: none falls out of the calendar
-- (vars calendar_start, calendar_end), and no force and month has two.
with

extracts as (

    select
        source,
        force,
        period_start as month,
        extract_id

    from {{ source('ops', 'extract') }}

    where
        status = 'loaded'
        and slice is null
        and force <> 'national'
        and {{ month_end('period_start') }} = period_end

),

supply as (

    select * from {{ ref('source_month') }}

)

select
    extracts.source,
    extracts.force,
    extracts.month,
    count(*) as extract_count,
    count(supply.extract_id) as supplied_months

from extracts
left join supply
    on extracts.source = supply.source
    and extracts.force = supply.force
    and extracts.month = supply.month
    and extracts.extract_id = supply.extract_id

group by extracts.source, extracts.force, extracts.month
having count(*) <> 1 or count(supply.extract_id) <> 1
