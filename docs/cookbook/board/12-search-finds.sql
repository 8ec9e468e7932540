-- Question: What share of searches came to something, by ethnicity and by the object looked for?
-- Reads: marts.dim_force, marts.measure_value
-- Answer: one row for all searches, one per ethnic group by own account, one per object of search, for the newest whole financial year
-- Sample: rows
-- Note: data.police.uk does not say that an item was found. A positive outcome (anything but no further action) is not the same; linked_pct, the share of searches whose outcome had to do with the object, is the nearest, and most forces leave it blank.
-- Note: searches without an outcome, or without the link, are left out of the share.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

measured as (

    select
        *,
        coalesce(breakdown_type, 'all') as cut

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and period_type = 'fin_year'
        and (
            (measure_id = 'stop_search_positive_rate' and method_id = 'positive_blank_excluded')
            or (measure_id = 'stop_search_object_linked_rate' and method_id = 'object_linked_blank_excluded')
        )

),

newest as (

    select
        period_start,
        period_end

    from measured

    where
        measure_id = 'stop_search_positive_rate'
        and breakdown_type is null
        and value is not null

    order by period_end desc

    limit 1

),

cuts as (

    select unnest(['all', 'self_defined_ethnicity', 'object_of_search']) as cut

)

select
    cuts.cut,
    positive.breakdown_value as group_name,
    newest.period_start,
    newest.period_end,
    positive.denominator as with_outcome,
    positive.numerator as positive,
    positive.value as positive_pct,
    positive.ci_low as positive_pct_low,
    positive.ci_high as positive_pct_high,
    links.denominator as link_given,
    links.numerator as linked,
    links.value as linked_pct,
    links.ci_low as linked_pct_low,
    links.ci_high as linked_pct_high,
    positive.source_kind,
    case
        when positive.cut is null then 'no whole financial year of searches is held'
        when positive.value is not null then 'held'
        else positive.status
    end as state

from cuts
left join newest on true
left join measured as positive
    on positive.measure_id = 'stop_search_positive_rate'
    and newest.period_start = positive.period_start
    and cuts.cut = positive.cut
left join measured as links
    on links.measure_id = 'stop_search_object_linked_rate'
    and newest.period_start = links.period_start
    and cuts.cut = links.cut
    and positive.breakdown_value is not distinct from links.breakdown_value

order by
    cuts.cut,
    positive.denominator desc;
