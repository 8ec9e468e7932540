-- Question: Which figures of the newest annual report do not come out of the warehouse, and by how much do they miss?
-- Reads: marts.dim_plan, marts.reconciliation, marts.figure_derivation, marts.published_issue
-- Answer: one row per figure that the records, or the other figures of the documents, do not give; the greatest miss in per cent first
-- Sample: rows
-- Note: from_records is what the warehouse computes; from_figures is the printed figure worked out again from the others printed. Either may be empty.
-- Note: figures whose digits were cut off instead of rounded count as reproduced. Figures that nothing held can give are no part of this answer: marts.reconciliation says why.
-- Note: the sample is made to give the published totals, so from_records proves only the arithmetic there.
with

report as (

    select left(document, 3) as document_number

    from marts.dim_plan

    where plan_kind = 'report'

    order by
        ends_on desc,
        published_on desc

    limit 1

),

from_records as (

    select *

    from marts.reconciliation

    where left(document, 3) in (select document_number from report)

),

from_figures as (

    select *

    from marts.figure_derivation

    where left(document, 3) in (select document_number from report)

)

select
    from_records.figure_id,
    from_records.line,
    from_records.plan_indicator_id,
    from_records.quantity,
    from_records.period_start,
    from_records.period_end,
    from_records.as_printed,
    from_records.published_value,
    from_records.unit,
    from_records.computed_value as from_records,
    from_records.ci_low as from_records_low,
    from_records.ci_high as from_records_high,
    from_records.difference as records_difference,
    from_records.verdict as records_verdict,
    from_figures.recomputed_value as from_figures,
    from_figures.difference as figures_difference,
    from_figures.verdict as figures_verdict,
    from_figures.formula,
    from_records.issue_id,
    issues.explanation,
    issues.treatment,
    from_records.source_kind,
    'held' as state

from from_records
left join from_figures on from_records.figure_id = from_figures.figure_id
left join marts.published_issue as issues on from_records.issue_id = issues.issue_id

where 'does_not_reproduce' in (from_records.verdict, from_figures.verdict)

order by
    abs(coalesce(from_figures.difference, from_records.difference)) / abs(nullif(from_records.published_value, 0))
        desc nulls last,
    from_records.figure_id;
