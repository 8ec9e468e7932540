select
    measures.measure_name as question,
    found.breakdown_type as grouped_by,
    coalesce(found.breakdown_value, 'All victims') as victims,
    found.method_id as mode,
    found.period_type,
    found.period_start,
    found.period_end,
    found.value as percent_satisfied,
    found.ci_low,
    found.ci_high,
    found.numerator as satisfied,
    found.denominator as answers,
    found.status,
    found.source_kind

from {{ ref('measure_value') }} as found
inner join {{ ref('dim_force') }} as forces on found.area_code = forces.area_code and forces.is_home_force
inner join {{ ref('dim_measure') }} as measures
    on
        found.measure_id = measures.measure_id
        and measures.measure_id in (
            'victim_satisfaction_overall', 'victim_satisfaction_informed', 'victim_satisfaction_actions'
        )
