-- Question: How many times as often as White people were people of each ethnic group searched, under four treatments of unknown ethnicity and on two censuses?
-- Reads: marts.search_ratio, marts.plan_coverage
-- Answer: eight rows per ethnic group (four treatments by two censuses), for the newest financial year with a ratio; without any, rows with the state
-- Sample: rows
-- Note: the fourth treatment has two ends: every unknown person taken as White (ratio_low) or as of the group (ratio_high); the other three have one ratio, so both ends are the same.
-- Note: The interval is the widest of the two ends.
-- Note: A ratio that cannot be given has a status: below_minimum (too few searches) or not_comparable (officers' groups do not match the census).
with

newest as (

    select max(period_start) as period_start from marts.search_ratio
    where is_home_force and period_type = 'fin_year' and ratio is not null

),

answer as (

    select
        ratios.force_name,
        ratios.period_start,
        ratios.ethnic_group,
        case replace(ratios.method_id, 'rate_ratio_', '')
            when 'known_only' then '1 known alone'
            when 'officer_fill' then '2 filled in by officer-defined ethnicity'
            when 'pro_rata' then '3 shared out in proportion'
            else '4 all White to all of the group'
        end as unknown_ethnicity,
        ratios.denominator_id as census,
        min(ratios.ratio) as ratio_low,
        max(ratios.ratio) as ratio_high,
        min(ratios.ci_low) as ci_low,
        max(ratios.ci_high) as ci_high,
        string_agg(distinct ratios.status, ', ') as status,
        any_value(ratios.people_searched) as people_searched,
        any_value(ratios.n_unknown) as unknown,
        any_value(ratios.unknown_share_pct) as unknown_pct,
        any_value(ratios.source_kind) as source_kind

    from marts.search_ratio as ratios
    inner join newest on ratios.period_start = newest.period_start

    where
        ratios.is_home_force
        and ratios.period_type = 'fin_year'
        and ratios.ethnicity_basis = 'self_defined_ethnicity'

    group by ratios.force_name, ratios.period_start, ratios.ethnic_group, unknown_ethnicity, ratios.denominator_id

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'stop_search_disproportionality'
    and not exists (select 1 from answer)

order by ethnic_group, unknown_ethnicity, census
