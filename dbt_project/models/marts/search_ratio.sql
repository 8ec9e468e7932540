with

ratios as (

    select * from {{ ref('int_stop_search_ratio') }}

),

forces as (

    select * from {{ ref('dim_force') }}

)

select
    ratios.area_code,
    forces.force_name,
    forces.is_home_force,
    ratios.period_type,
    ratios.period_start,
    ratios.period_end,
    ratios.breakdown_type as ethnicity_basis,
    ratios.breakdown_value as ethnic_group,
    ratios.denominator_id,
    ratios.method_id,
    ratios.value as ratio,
    ratios.ci_low,
    ratios.ci_high,
    ratios.status,
    ratios.people_searched,
    ratios.n_unknown,
    ratios.unknown_share_pct,
    ratios.group_count as group_searches,
    ratios.white_count as white_searches,
    ratios.group_population,
    ratios.white_population,
    ratios.group_rate,
    ratios.white_rate,
    ratios.source_kind,
    ratios.extract_ids

from ratios
left join forces on ratios.area_code = forces.area_code
