{# One more measure family is one more name in this list. #}
{% set families = ['msr_street_crime', 'msr_stop_search', 'msr_stop_search_disproportionality'] %}

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
