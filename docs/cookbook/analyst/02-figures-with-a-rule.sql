-- Question: Does each printed figure that follows from other printed figures come out when worked out again: rounded, cut off, or not at all?
-- Reads: marts.figure_derivation
-- Answer: one row per printed figure with a rule, those that do not come out first
-- Sample: rows
-- Note: `rounding` means within what the rounding of the inputs can add.
-- Note: The inputs are printed figures, so this says whether a document follows from itself; whether our data agree is marts.reconciliation.
-- Note: Figures whose rule leads to a number that is not printed are `not checkable`.
select
    figure_id,
    document,
    line,
    as_printed,
    formula,
    published_value,
    recomputed_value,
    difference,
    case verdict
        when 'reproduces' then 'by rounding'
        when 'truncated' then 'by truncation'
        when 'rounding' then 'within the rounding of its inputs'
        when 'does_not_reproduce' then 'not at all'
        else 'not checkable'
    end as comes_out,
    count(*) over (partition by verdict) as figures_of_this_kind,
    issue_id

from marts.figure_derivation
order by
    case verdict when 'does_not_reproduce' then 1 when 'truncated' then 2 when 'rounding' then 3 when 'reproduces' then 4 else 5 end,
    figure_id
