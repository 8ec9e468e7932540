-- Question: What did the hidden-crimes table of the annual report say, cell by cell, what was known on 26 September 2021 and what is known now, and which cells differ?
-- Reads: marts.reconciliation, marts.dim_force, marts.as_of, ops.release, marts.figure_derivation
-- Answer: one row per printed cell (strand, year, quantity), cells that differ first
-- Sample: rows
-- Note: the history of an installation begins with its first release.
-- Note: Where that is later than the day asked for, value_then is empty, the cell is compared with today's value and compared_with says so.
-- Note: verdict_within_document says whether a sum, a change or the unlabelled cell follows from the other printed cells.
-- Note: Totals and changes have no series of their own and are compared with what is worked out today.
-- Note: A cell nobody supplied is not a difference.
with

cells as (

    select
        *,
        case when quantity in ('crimes', 'non_crimes') then replace(quantity, '_', '-') end as record_type

    from marts.reconciliation

    where
        breakdown_type = 'hidden crime type'
        and area_code in (select area_code from marts.dim_force where is_home_force)

),

-- '26 September' is that day whole: known at the midnight that ends it
vintage as (

    select * from marts.as_of(timestamp '2021-09-27 00:00:00')
    where period_type = 'fin_year' and breakdown_type = 'record_type'

),

beginning as (

    select min(known_at) as first_release from ops.release

),

compared as (

    select
        cells.figure_id,
        cells.breakdown_value as strand,
        cells.period_start as year_start,
        cells.quantity,
        cells.as_printed,
        cells.published_value,
        vintage.value as value_then,
        cells.computed_value as value_now,
        case
            when vintage.measure_id is not null then '26 September 2021'
            when cells.computed_value is not null and beginning.first_release is not null
                then 'today; the history begins on ' || strftime(beginning.first_release, '%-d %B %Y')
            when cells.computed_value is not null then 'today; no release has been kept yet'
        end as compared_with,
        case
            when vintage.measure_id is not null then coalesce(vintage.value <> cells.published_value, false)
            else cells.verdict = 'does_not_reproduce'
        end as differs,
        cells.verdict as verdict_now,
        derivations.verdict as verdict_within_document,
        cells.reason,
        cells.source_kind,
        cells.line

    from cells
    cross join beginning
    left join marts.figure_derivation as derivations on cells.figure_id = derivations.figure_id
    left join vintage
        on cells.measure_id = vintage.measure_id
        and cells.area_code = vintage.area_code
        and cells.method_id = vintage.method_id
        and cells.period_start = vintage.period_start
        and cells.record_type = vintage.breakdown_value

)

select * from compared
order by differs desc, line, figure_id
