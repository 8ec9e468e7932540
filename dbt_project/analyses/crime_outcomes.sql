select
    measures.measure_name as outcome,
    coalesce(found.breakdown_value, 'All crime') as crime_type,
    found.method_id as basis,
    found.period_type,
    found.period_start,
    found.period_end,
    found.value as percent_of_crimes,
    found.ci_low,
    found.ci_high,
    found.status,
    found.source_kind

from {{ ref('measure_value') }} as found
inner join {{ ref('dim_force') }} as forces on found.area_code = forces.area_code and forces.is_home_force
inner join {{ ref('dim_measure') }} as measures
    on found.measure_id = measures.measure_id and measures.family = 'outcomes'
