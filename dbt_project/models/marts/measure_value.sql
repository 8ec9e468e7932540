{# One more measure family is one more name in this list; returns come on top of what is computed. #}
{% set families = ['msr_street_crime', 'msr_stop_search', 'msr_stop_search_disproportionality', 'msr_road_casualties',
    'msr_victim_satisfaction', 'msr_complaints', 'msr_complaint_days', 'msr_control_room', 'msr_recorded_crime',
    'msr_official_count', 'msr_crime_severity', 'msr_outcome'] %}

{% set columns = [
    'measure_id', 'area_code', 'period_type', 'period_start', 'period_end', 'breakdown_type',
    'breakdown_value', 'numerator', 'denominator', 'multiplier', 'value', 'ci_low', 'ci_high', 'ci_method',
    'n_unknown', 'denominator_id', 'method_id', 'source_kind', 'source_id', 'status', 'extract_ids',
] %}
with

computed as (
    {% for family in families %}
    select
        {{ columns | join(',\n        ') }}

    from {{ ref(family) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

returned as (

    select * from {{ ref('msr_returned') }}

),

computed_periods as (

    select distinct
        measure_id,
        area_code,
        period_type,
        period_start,
        breakdown_type,
        source_kind = 'synthetic' as is_synthetic

    from computed

    where
        value is not null
        and measure_id in (select measure_id from returned)

),

-- what records give counts before what is returned, total by total and breakdown by breakdown, but sample records
-- never before a real return
returned_alone as (

    select returned.*

    from returned
    left join computed_periods
        on returned.measure_id = computed_periods.measure_id
        and returned.area_code = computed_periods.area_code
        and returned.period_type = computed_periods.period_type
        and returned.period_start = computed_periods.period_start
        and returned.breakdown_type is not distinct from computed_periods.breakdown_type
        and (not computed_periods.is_synthetic or returned.source_kind = 'synthetic')

    where computed_periods.measure_id is null

)

select * from computed

union all

select
    {{ columns | join(',\n    ') }}

from returned_alone
