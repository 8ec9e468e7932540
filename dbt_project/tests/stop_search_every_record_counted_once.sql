-- Every search that was loaded is one row of the facts, and one search of its force's monthly count.
with

loaded as (

    select
        area_code,
        month,
        rows_loaded

    from {{ ref('int_source_month') }}

    where
        source = 'police_uk_stop_search'
        and status = 'supplied'

),

facts as (

    select
        area_code,
        month,
        count(*) as row_count

    from {{ ref('fct_stop_search') }}

    group by area_code, month

),

counts as (

    select
        area_code,
        period_start as month,
        value

    from {{ ref('msr_stop_search') }}

    where
        measure_id = 'stop_search_count'
        and period_type = 'month'
        and breakdown_type is null
        and status <> 'not_supplied'

)

select
    loaded.area_code,
    loaded.month,
    loaded.rows_loaded,
    facts.row_count,
    counts.value

from loaded
full outer join facts
    on loaded.area_code = facts.area_code
    and loaded.month = facts.month
full outer join counts
    on coalesce(loaded.area_code, facts.area_code) = counts.area_code
    and coalesce(loaded.month, facts.month) = counts.month

where
    loaded.rows_loaded is distinct from coalesce(facts.row_count, 0)
    or loaded.rows_loaded is distinct from counts.value
