{# Cases by the month in which they were received, in every way in which they are counted. #}
{% set lines = [
    {'measure': 'complaint_case_count', 'only': 'true', 'type': none, 'value': text_literal(none)},
    {'measure': 'complaint_case_count', 'only': 'true', 'type': 'case_type', 'value': 'case_type'},
    {'measure': 'complaints_count', 'only': "case_type = 'complaint'", 'type': none, 'value': text_literal(none)},
    {'measure': 'complaints_count', 'only': "case_type = 'complaint'", 'type': 'route', 'value': 'route'},
    {'measure': 'complaints_count', 'only': "case_type = 'complaint'", 'type': 'neighbourhood_unit',
     'value': 'neighbourhood_unit'},
    {'measure': 'complaints_count', 'only': "case_type = 'complaint'", 'type': 'ethnic_group', 'value': 'ethnic_group'},
    {'measure': 'conduct_matters', 'only': "case_type = 'conduct'", 'type': none, 'value': text_literal(none)},
    {'measure': 'complaints_misc', 'only': "case_type = 'miscellaneous'", 'type': none, 'value': text_literal(none)},
    {'measure': 'complaints_other', 'only': "case_type = 'other'", 'type': none, 'value': text_literal(none)},
] %}

with

cases as (

    select * from {{ ref('int_complaint_case') }}

),

allegations as (

    select * from {{ ref('int_complaint_allegation') }}

),

final as (
    {% for line in lines %}
    select
        area_code,
        period_start as month,
        '{{ line.measure }}' as measure_id,
        {{ text_literal(line.type) }} as breakdown_type,
        {{ line.value }} as breakdown_value,
        count(*) as cases

    from cases

    where {{ line.only }}
    group by 1, 2, 3, 4, 5

    union all
    {% endfor %}
    -- a case counts once for each category it holds, so the categories add up to more than the cases
    select
        cases.area_code,
        cases.period_start as month,
        'complaints_count' as measure_id,
        'allegation_category' as breakdown_type,
        coalesce(allegations.allegation_category, 'unknown') as breakdown_value,
        count(*) as cases

    from cases
    left join allegations
        on cases.extract_id = allegations.extract_id
        and cases.line = allegations.line

    where cases.case_type = 'complaint'
    group by 1, 2, 3, 4, 5

)

select * from final
