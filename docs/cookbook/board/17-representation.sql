-- Question: What share of officers, PCSOs and staff are women or from ethnic minorities, by rank, against the share of the residents?
-- Reads: marts.dim_force, marts.plan_coverage, marts.measure_value
-- Answer: one row per group on the newest day held: women by kind of worker and by rank, ethnic groups of the workforce; a cut without value has one row with what it waits for
-- Sample: rows
-- Note: women come from the Home Office workforce open data; ethnic groups by a return of workforce_representation, by rank in a return of its own.
-- Note: residents are those of the Census of 2021. The marts hold residents by ethnic group and not by sex: beside women residents_pct is empty.
-- Note: the share is of those whose sex or ethnicity is known. The gap in points has its interval; below zero the group is under-represented.
with

home as (

    select area_code from marts.dim_force where is_home_force

),

measured as (

    select *

    from marts.measure_value

    where
        area_code in (select area_code from home)
        and period_type = 'snapshot'
        and measure_id in (
            'workforce_representation', 'workforce_representation_gap', 'workforce_representation_ratio'
        )
        and coalesce(denominator_id, 'census_2021') = 'census_2021'

),

cuts as (

    select
        cuts.*,
        coverage.reason

    from (values
        (1, 'women, whole workforce', 'sex', 'spp0811_female_progression'),
        (2, 'women by kind of worker', 'sex_role', 'spp0811_female_progression'),
        (3, 'women by rank of officers', 'sex_rank', 'spp0811_female_progression'),
        (4, 'ethnic groups', 'ethnicity', 'pcp2529_representation'),
        (5, 'ethnic groups by rank', 'rank', 'spp0811_bme_representation_senior')
    ) as cuts (position, cut, breakdown_type, plan_indicator_id)
    left join marts.plan_coverage as coverage on cuts.plan_indicator_id = coverage.plan_indicator_id

),

newest as (

    select *

    from measured

    where measure_id = 'workforce_representation'

    qualify period_end = max(case when value is not null then period_end end) over (partition by breakdown_type)

)

select
    cuts.cut,
    newest.breakdown_value as group_name,
    newest.period_end as counted_on,
    newest.value as of_workforce_pct,
    newest.ci_low,
    newest.ci_high,
    newest.numerator as people,
    newest.denominator as people_known,
    ratios.denominator as residents_pct,
    gaps.value as gap_points,
    gaps.ci_low as gap_points_low,
    gaps.ci_high as gap_points_high,
    newest.source_kind,
    case
        when newest.measure_id is null then cuts.reason
        when newest.value is null then newest.status
        else 'held'
    end as state

from cuts
left join newest on cuts.breakdown_type = newest.breakdown_type
left join measured as gaps
    on gaps.measure_id = 'workforce_representation_gap'
    and newest.period_end = gaps.period_end
    and newest.breakdown_type = gaps.breakdown_type
    and newest.breakdown_value = gaps.breakdown_value
left join measured as ratios
    on ratios.measure_id = 'workforce_representation_ratio'
    and newest.period_end = ratios.period_end
    and newest.breakdown_type = ratios.breakdown_type
    and newest.breakdown_value = ratios.breakdown_value

order by
    cuts.position,
    newest.breakdown_value;
