select
    measures.measure_name as crime,
    found.period_type,
    found.period_start,
    found.period_end,
    found.value as crimes,
    comparisons.reference_value as crimes_a_year_before,
    comparisons.change_pct,
    comparisons.change_pct_low,
    comparisons.change_pct_high,
    comparisons.finding,
    found.method_id as counted_from,
    found.status,
    found.source_kind

from {{ ref('measure_value') }} as found
inner join {{ ref('dim_force') }} as forces on found.area_code = forces.area_code and forces.is_home_force
inner join {{ ref('dim_measure') }} as measures
    on found.measure_id = measures.measure_id and measures.family = 'recorded_crime' and measures.unit = 'count'
left join {{ ref('comparison') }} as comparisons
    on
        found.measure_id = comparisons.measure_id
        and found.area_code = comparisons.area_code
        and found.period_type = comparisons.period_type
        and found.period_start = comparisons.period_start
        and found.method_id = comparisons.method_id
        and comparisons.breakdown_type is null
        and comparisons.comparison_type = 'same_period_last_year'

where found.breakdown_type is null
