{# The breakdowns searches are counted by; every value has a row in every supplied month, so 0 is a counted 0.
   Breakdowns by ethnicity leave vehicle-only searches out. The list of objects is open: those that were ever searched for. #}
{% set ethnic_groups = ['White', 'Mixed', 'Asian', 'Black', 'Other', 'unknown'] %}

{% set breakdowns = [
    {'type': none, 'value': text_literal(none), 'only': 'true', 'values': [none]},
    {'type': 'search_type', 'value': "coalesce(search_type, 'unknown')", 'only': 'true',
     'values': ['Person search', 'Person and Vehicle search', 'Vehicle search', 'unknown']},
    {'type': 'self_defined_ethnicity', 'value': 'self_defined_group', 'only': 'is_person_searched',
     'values': ethnic_groups},
    {'type': 'officer_defined_ethnicity', 'value': 'officer_defined_group', 'only': 'is_person_searched',
     'values': ethnic_groups},
    {'type': 'object_of_search', 'value': "coalesce(object_of_search, 'unknown')", 'only': 'true', 'values': []},
] %}

{% set tallies = {
    'searches': 'true',
    'positive': 'is_positive_outcome',
    'outcome_blank': 'is_positive_outcome is null',
    'linked': 'is_outcome_linked',
    'linked_blank': 'is_outcome_linked is null',
    'self_defined_filled': 'self_defined_ethnicity is not null',
    'officer_defined_filled': 'officer_defined_ethnicity is not null',
    'gender_filled': 'gender is not null',
    'age_range_filled': 'age_range is not null',
    'person_searches': 'is_person_searched',
    'self_defined_filled_people': 'is_person_searched and self_defined_ethnicity is not null',
    'officer_defined_filled_people': 'is_person_searched and officer_defined_ethnicity is not null',
    'gender_filled_people': 'is_person_searched and gender is not null',
    'age_range_filled_people': 'is_person_searched and age_range is not null',
    'self_defined_unknown': "is_person_searched and self_defined_group = 'unknown'",
    'officer_defined_unknown': "is_person_searched and officer_defined_group = 'unknown'",
    'both_unknown':
        "is_person_searched and self_defined_group = 'unknown' and officer_defined_group = 'unknown'",
} %}

with

searches as (

    select * from {{ ref('int_stop_search') }}

),

supplied as (

    select
        area_code,
        month

    from {{ ref('int_source_month') }}

    where
        source = 'police_uk_stop_search'
        and status = 'supplied'

),

breakdown_lines as (
    {% for breakdown in breakdowns %}{% for value in breakdown['values'] %}
    select
        {{ text_literal(breakdown['type']) }} as breakdown_type,
        {{ text_literal(value) }} as breakdown_value

    union all
    {% endfor %}{% endfor %}
    select distinct
        'object_of_search' as breakdown_type,
        coalesce(object_of_search, 'unknown') as breakdown_value

    from searches

),

counted as (
    {% for breakdown in breakdowns %}
    select
        area_code,
        period_start as month,
        {{ text_literal(breakdown['type']) }} as breakdown_type,
        {{ breakdown['value'] }} as breakdown_value,
        {%- for name, condition in tallies.items() %}
        count(case when {{ condition }} then 1 end) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}

    from searches

    where {{ breakdown['only'] }}
    group by 1, 2, 3, 4
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- self-defined ethnicity and, where it is unknown, the officer's view
filled as (

    select
        area_code,
        period_start as month,
        'self_defined_ethnicity' as breakdown_type,
        case
            when self_defined_group = 'unknown' then officer_defined_group
            else self_defined_group
        end as breakdown_value,
        count(*) as searches_officer_fill

    from searches

    where is_person_searched
    group by 1, 2, 3, 4

),

completed as (

    select
        supplied.area_code,
        supplied.month,
        breakdown_lines.breakdown_type,
        breakdown_lines.breakdown_value,
        {%- for name in tallies %}
        coalesce(counted.{{ name }}, 0) as {{ name }},
        {%- endfor %}
        coalesce(filled.searches_officer_fill, 0) as searches_officer_fill

    from supplied
    cross join breakdown_lines
    left join counted
        on supplied.area_code = counted.area_code
        and supplied.month = counted.month
        and breakdown_lines.breakdown_type is not distinct from counted.breakdown_type
        and breakdown_lines.breakdown_value is not distinct from counted.breakdown_value
    left join filled
        on supplied.area_code = filled.area_code
        and supplied.month = filled.month
        and breakdown_lines.breakdown_type = filled.breakdown_type
        and breakdown_lines.breakdown_value = filled.breakdown_value

),

knowledge as (

    select
        *,
        sum(case when breakdown_value = 'unknown' then searches else 0 end) over breakdown_month
            as searches_unknown,
        sum(case when breakdown_value <> 'unknown' then searches else 0 end) over breakdown_month
            as searches_known,
        sum(case when breakdown_value = 'unknown' then searches_officer_fill else 0 end) over breakdown_month
            as unknown_after_fill

    from completed

    window breakdown_month as (partition by area_code, month, breakdown_type)

),

final as (

    select
        area_code,
        month,
        breakdown_type,
        breakdown_value,
        {%- for name in tallies %}
        {{ name }},
        {%- endfor %}
        cast(searches_unknown as bigint) as searches_unknown,
        searches_officer_fill,
        cast(unknown_after_fill as bigint) as unknown_after_fill,
        -- the unknown of a month are spread as its known are; a month that knows nothing shares nothing out
        cast(case
            when breakdown_value = 'unknown' and searches_known > 0 then 0
            when breakdown_value = 'unknown' or searches_known = 0 then searches
            else 1.0e0 * searches * (searches_known + searches_unknown) / searches_known
        end as double) as searches_pro_rata

    from knowledge

)

select * from final
