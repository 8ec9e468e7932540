-- Question: What is the positive outcome rate of domestic abuse, rape and residential burglary, for crimes that had at least six months, beside the similar forces?
-- Reads: marts.dim_force, marts.peer_member, marts.plan_coverage, marts.measure_value
-- Answer: one row per offence and force of the group, for the newest financial year of which the home force has a value
-- Sample: rows
-- Note: equal age is kept by method cohort_6m: every crime is followed for six months after the month in which it was recorded, so a young year is not worse for being young. It is from data.police.uk, which has neither rape nor residential burglary apart: burglary of all kinds stands in.
-- Note: method cohort (Home Office open data) has the offences asked for, but counts outcomes up to the day of publication: its newest year is younger than the others, so never read it as a trend.
-- Note: domestic abuse is a flag; its outcomes come by a return of positive_outcome_rate by flag, which does not say how old the crimes were.
with

home as (

    select
        area_code,
        force_name

    from marts.dim_force

    where is_home_force

),

forces as (

    select
        area_code,
        force_name,
        'home force' as role

    from home

    union

    select
        member_area_code as area_code,
        member_name as force_name,
        'member' as role

    from marts.peer_member

    where
        role = 'member'
        and member_area_code not in (select area_code from home)

),

asked as (

    select * from (values
        ('domestic abuse', 'flag', 'domestic abuse', 'as_returned', 'as returned'),
        ('rape', 'offence_group', 'rape', 'cohort', 'outcomes to the day of publication'),
        ('residential burglary', 'offence_group', 'burglary_residential', 'cohort', 'outcomes to the day of publication'),
        ('burglary of all kinds', 'crime_type', 'Burglary', 'cohort_6m', 'six months for every crime')
    ) as asked (offence, breakdown_type, breakdown_value, method_id, age_of_crimes)

),

measured as (

    select
        asked.offence,
        measured.*

    from marts.measure_value as measured
    inner join asked
        on measured.breakdown_type = asked.breakdown_type
        and measured.breakdown_value = asked.breakdown_value
        and measured.method_id = asked.method_id

    where
        measured.measure_id = 'positive_outcome_rate'
        and measured.period_type = 'fin_year'

),

newest as (

    select
        offence,
        max(period_end) as period_end

    from measured

    where
        area_code in (select area_code from home)
        and value is not null

    group by offence

)

select
    asked.offence,
    asked.age_of_crimes,
    forces.force_name,
    forces.role,
    measured.period_start,
    measured.period_end,
    measured.value as positive_outcome_pct,
    measured.ci_low,
    measured.ci_high,
    measured.numerator as positive_outcomes,
    measured.denominator as crimes,
    measured.source_kind,
    case
        when measured.value is not null then 'held'
        when newest.period_end is not null then coalesce(measured.status, 'not_supplied')
        else coalesce(coverage.reason, 'no year of the force has a value')
    end as state

from asked
cross join forces
left join newest on asked.offence = newest.offence
left join measured
    on asked.offence = measured.offence
    and forces.area_code = measured.area_code
    and newest.period_end = measured.period_end
left join marts.plan_coverage as coverage
    on coverage.plan_indicator_id = case
        when asked.offence = 'domestic abuse' then 'pcp2529_da_positive_outcomes' else 'pcp2529_positive_outcomes'
    end

order by
    asked.offence,
    forces.role,
    measured.value desc nulls last;
