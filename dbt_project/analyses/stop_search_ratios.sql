select
    force_name,
    period_type,
    period_start,
    period_end,
    ethnic_group,
    ethnicity_basis,
    denominator_id as census,
    method_id as treatment_of_unknown,
    people_searched,
    n_unknown as ethnicity_unknown,
    group_searches,
    group_population,
    ratio as ratio_to_white,
    ci_low,
    ci_high,
    status,
    source_kind

from {{ ref('search_ratio') }}

where is_home_force
