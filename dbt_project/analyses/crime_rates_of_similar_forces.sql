select
    measures.measure_name as crime_rate,
    measures.unit,
    members.period_type,
    members.period_start,
    members.period_end,
    members.member_name as force_name,
    members.member_area_code = members.area_code as is_home_force,
    members.role,
    members.value,
    members.ci_low,
    members.ci_high,
    members."rank",
    members.rank_low,
    members.rank_high,
    members.method_id as counted_from,
    members.status,
    members.source_kind

from {{ ref('peer_member') }} as members
inner join {{ ref('dim_measure') }} as measures
    on members.measure_id = measures.measure_id and measures.family = 'recorded_crime'
