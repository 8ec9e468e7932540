select
    measures.measure_name as question,
    measures.unit,
    found.breakdown_type as grouped_by,
    coalesce(found.breakdown_value, 'All') as complaints_of,
    found.method_id as method,
    found.period_type,
    found.period_start,
    found.period_end,
    found.value,
    found.ci_low,
    found.ci_high,
    found.status,
    found.source_kind

from {{ ref('measure_value') }} as found
inner join {{ ref('dim_force') }} as forces on found.area_code = forces.area_code and forces.is_home_force
inner join {{ ref('dim_measure') }} as measures
    on
        found.measure_id = measures.measure_id
        and measures.family in ('complaints', 'complaint_days', 'complaint_rate')
