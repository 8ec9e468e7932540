-- Question: How many cells of the table of female genital mutilation, forced marriage and trafficking by local authority and month are too small to publish, how many more must go with them, and what could a reader still work out about the hidden ones?
-- Reads: marts.measure_value, marts.dim_area, marts.plan_coverage
-- Answer: one row per strand, kind of record and cut that is held; one more per strand for the table asked for when no force supplied it
-- Sample: state
-- Note: nothing is suppressed in the warehouse; suppression is applied when something is exported, which is not built yet, so this says what it will find.
-- Note: Sensitive flags are published at force level by decision and hidden from 1 to 4 below it.
-- Note: One hidden cell in a line whose total is published can be worked out, so at least one more must go (secondary_cells_at_least).
-- Note: narrowest_range is how far apart the least and the most are that a hidden cell of a line can be once the total and the other cells are known: 0 means that it can be worked out.
with

strands as (

    select * from (values ('hidden_crime_fgm'), ('hidden_crime_fm'), ('hidden_crime_trafficking')) as t (measure_id)

),

held as (

    select
        measure_value.measure_id,
        measure_value.period_type,
        measure_value.period_start,
        case
            when dim_area.area_type = 'local_authority' then 'local authority'
            when measure_value.breakdown_type in ('policing_area', 'policing_unit', 'neighbourhood_unit') then 'unit'
            else 'force'
        end as area_level,
        case when measure_value.breakdown_type = 'record_type' then measure_value.breakdown_value else 'all' end
            as record_type,
        measure_value.value

    from marts.measure_value
    inner join marts.dim_area on measure_value.area_code = dim_area.area_code

    where
        dim_area.is_home_force
        and measure_value.measure_id in (select measure_id from strands)
        and measure_value.value is not null

),

cells as (

    select
        *,
        area_level <> 'force' and value between 1 and 4 as is_primary

    from held

),

-- the cells of one period and kind of record, which add up to the cell of the force
lines as (

    select
        parts.measure_id,
        parts.area_level,
        parts.period_type,
        parts.period_start,
        parts.record_type,
        count(*) as cells,
        count_if(parts.value between 1 and 4) as cells_of_1_to_4,
        count_if(parts.is_primary) as primary_cells,
        max(totals.value) - coalesce(sum(case when not parts.is_primary then parts.value end), 0) as hidden_total

    from cells as parts
    left join cells as totals
        on totals.area_level = 'force'
        and parts.measure_id = totals.measure_id
        and parts.period_type = totals.period_type
        and parts.period_start = totals.period_start
        and parts.record_type = totals.record_type

    group by all

),

answer as (

    select
        measure_id,
        area_level,
        period_type,
        record_type,
        sum(cells) as cells,
        sum(cells_of_1_to_4) as cells_of_1_to_4,
        sum(primary_cells) as primary_cells,
        count_if(primary_cells = 1) as secondary_cells_at_least,
        -- every hidden cell is from 1 to 4, and those of a line together are what the total leaves
        min(case
            when primary_cells > 0
                then least(4, hidden_total - (primary_cells - 1)) - greatest(1, hidden_total - 4 * (primary_cells - 1))
        end) as narrowest_range,
        case area_level
            when 'force' then 'Of the force as a whole, where small numbers are published by decision'
            else 'Hidden on export, not here'
        end as words

    from lines
    group by all

),

states as (

    select
        measure_id,
        arg_max(reason, value_count) as reason

    from marts.plan_coverage
    group by measure_id

)

select * from answer

union all by name

select
    strands.measure_id,
    'local authority' as area_level,
    'month' as period_type,
    concat('Not held by local authority and month. Of the force: ', coalesce(states.reason, 'nothing.')) as words

from strands
left join states on strands.measure_id = states.measure_id

where not exists (
    select 1 from held
    where
        held.measure_id = strands.measure_id
        and held.area_level = 'local authority'
        and held.period_type = 'month'
)

order by measure_id, area_level, period_type, record_type
