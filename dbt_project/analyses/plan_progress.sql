select
    plan_title,
    priority,
    indicator_name,
    unit,
    period_start,
    period_end,
    value,
    ci_low,
    ci_high,
    target_level,
    distance_to_target,
    verdict,
    sentence,
    source_kind

from {{ ref('plan_scorecard') }}

where is_latest and is_headline_period
