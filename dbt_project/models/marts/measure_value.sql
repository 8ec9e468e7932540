{# One more measure family is one more name in this list. What is returned stands beside what is computed, as a method of
   its own. #}
{% set families = ['msr_street_crime', 'msr_stop_search', 'msr_stop_search_disproportionality', 'msr_road_casualties',
    'msr_victim_satisfaction', 'msr_complaints', 'msr_complaint_days', 'msr_control_room', 'msr_recorded_crime',
    'msr_official_count', 'msr_crime_severity', 'msr_outcome', 'msr_official_ethnicity', 'msr_workforce_representation',
    'msr_complaint_rate', 'msr_hidden_crime', 'msr_satisfaction_gap', 'msr_satisfaction_weighted',
    'msr_control_room_time', 'msr_returned'] %}

{% set columns = [
    'measure_id', 'area_code', 'period_type', 'period_start', 'period_end', 'breakdown_type',
    'breakdown_value', 'numerator', 'denominator', 'multiplier', 'value', 'ci_low', 'ci_high', 'ci_method',
    'n_unknown', 'denominator_id', 'method_id', 'source_kind', 'source_id', 'status', 'extract_ids',
] %}
{% for family in families %}
select
    {{ columns | join(',\n    ') }}

from {{ ref(family) }}
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
