-- Question: What share of searches came to something, by ethnicity and by the object looked for?
-- Reads: marts.dim_force, marts.measure_value, marts.fct_stop_search
-- Answer: one row for all searches, one per ethnic group by own account, one per object of search, for the newest whole financial year
-- Sample: rows
-- Note: data.police.uk does not say that an item was found. A positive outcome (anything but no further action) is not the same; linked_pct, the share of searches whose outcome had to do with the object, is the nearest, and most forces leave it blank.
-- Note: searches without an outcome, or without the link, are left out of the share. The link is held for all searches together, not by ethnicity.
-- Note: by object the marts have records but no share with its interval: those rows have counts, and shares once the measure has breakdown_type object_of_search.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

measured as (

    select *

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

records as (

    select
        searches.object_of_search as group_name,
        count(*) as searches,
        count(searches.is_positive_outcome) as with_outcome,
        count(*) filter (searches.is_positive_outcome) as positive,
        nullif(count(searches.is_outcome_linked), 0) as link_given,
        case when link_given > 0 then count(*) filter (searches.is_outcome_linked) end as linked,
        max(searches.source_kind) as source_kind

    from marts.fct_stop_search as searches
    inner join newest on searches.month between newest.period_start and newest.period_end

    where searches.area_code in (select area_code from home)

    group by searches.object_of_search

),

groups as (

    select
        coalesce(measured.breakdown_type, 'all') as cut,
        measured.breakdown_value as group_name,
        null as searches,
        measured.denominator as with_outcome,
        measured.numerator as positive,
        null as link_given,
        null as linked,
        measured.source_kind,
        measured.status

    from measured
    inner join newest on measured.period_start = newest.period_start

    where
        measured.measure_id = 'stop_search_positive_rate'
        and (measured.breakdown_type is null or measured.breakdown_type = 'self_defined_ethnicity')

    union all

    select
        'object_of_search' as cut,
        coalesce(group_name, 'not recorded') as group_name,
        searches,
        with_outcome,
        positive,
        link_given,
        linked,
        source_kind,
        'counts held; the share by object and its interval are not in this release' as status

    from records

),

cuts as (

    select unnest(['all', 'self_defined_ethnicity', 'object_of_search']) as cut

)

select
    cuts.cut,
    groups.group_name,
    newest.period_start,
    newest.period_end,
    groups.searches,
    groups.with_outcome,
    groups.positive,
    shares.value as positive_pct,
    shares.ci_low as positive_pct_low,
    shares.ci_high as positive_pct_high,
    coalesce(groups.link_given, links.denominator) as link_given,
    coalesce(groups.linked, links.numerator) as linked,
    links.value as linked_pct,
    links.ci_low as linked_pct_low,
    links.ci_high as linked_pct_high,
    groups.source_kind,
    case
        when groups.cut is null then 'no whole financial year of searches is held'
        when shares.value is not null then 'held'
        else groups.status
    end as state

from cuts
left join newest on true
left join groups on cuts.cut = groups.cut
left join measured as shares
    on shares.measure_id = 'stop_search_positive_rate'
    and newest.period_start = shares.period_start
    and cuts.cut = coalesce(shares.breakdown_type, 'all')
    and groups.group_name is not distinct from shares.breakdown_value
left join measured as links
    on links.measure_id = 'stop_search_object_linked_rate'
    and newest.period_start = links.period_start
    and cuts.cut = coalesce(links.breakdown_type, 'all')
    and groups.group_name is not distinct from links.breakdown_value

order by
    cuts.cut,
    groups.with_outcome desc;
