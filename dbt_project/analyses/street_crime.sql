select
    areas.area_name,
    areas.area_type,
    coalesce(found.breakdown_value, 'All crime') as crime_type,
    found.period_type,
    found.period_start,
    found.period_end,
    found.value as crimes,
    found.status,
    found.source_kind

from {{ ref('measure_value') }} as found
inner join {{ ref('dim_area') }} as areas on found.area_code = areas.area_code and areas.is_home_force

where found.measure_id = 'street_crime_count'
