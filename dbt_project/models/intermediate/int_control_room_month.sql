{# Limits of the service standards in seconds; a call or arrival exactly on the limit is within it. #}
{% set lines = [
    {'line': '999', 'measure': 'call_answer_in_target', 'abandonment': 'call_999_abandonment_rate', 'limit': 10},
    {'line': '101', 'measure': 'call_101_in_target', 'abandonment': 'call_101_abandonment_rate', 'limit': 180},
] %}
{% set grades = [
    {'grade': 'P1', 'measure': 'response_p1_in_target', 'limit': 15 * 60},
    {'grade': 'P2', 'measure': 'response_p2_in_target', 'limit': 60 * 60},
] %}
{% set responses = [
    {'method': 'final_grade', 'column': 'final_grade_group', 'type': none, 'value': text_literal(none)},
    {'method': 'final_grade', 'column': 'final_grade_group', 'type': 'policing_unit', 'value': 'policing_unit'},
    {'method': 'first_grade', 'column': 'first_grade_group', 'type': none, 'value': text_literal(none)},
] %}

with

calls as (

    select
        area_code,
        period_start as month,
        line_group,
        count(case when seconds_to_answer <= case line_group
            {%- for line in lines %} when '{{ line.line }}' then {{ line.limit }}{% endfor %} end then 1 end) as in_time,
        count(seconds_to_answer) as timed,
        count(case when outcome = 'answered' then 1 end) as answered,
        count(case when outcome = 'abandoned' then 1 end) as abandoned,
        count(case when outcome = 'unknown' then 1 end) as outcome_unknown

    from {{ ref('int_control_room_call') }}

    group by area_code, period_start, line_group

),

incidents as (

    select * from {{ ref('int_control_room_incident') }}

),

final as (
    {% for line in lines %}
    {% for method, denominator in [('of_answered', 'timed'), ('of_presented', 'timed + abandoned')] %}
    select
        'control_room_call' as source,
        area_code,
        month,
        '{{ line.measure }}' as measure_id,
        'within_{{ line.limit }}s_{{ method }}' as method_id,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        in_time as numerator,
        {{ denominator }} as denominator,
        answered - timed + outcome_unknown as n_unknown

    from calls

    where line_group = '{{ line.line }}'

    union all

    {% endfor %}
    select
        'control_room_call' as source,
        area_code,
        month,
        '{{ line.abandonment }}' as measure_id,
        'abandoned_of_presented' as method_id,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        abandoned as numerator,
        answered + abandoned as denominator,
        outcome_unknown as n_unknown

    from calls

    where line_group = '{{ line.line }}'

    union all

    {% endfor %}
    {%- for grade in grades %}{% set grade_loop = loop %}
    {%- for response in responses %}
    select
        'control_room_incident' as source,
        area_code,
        period_start as month,
        '{{ grade.measure }}' as measure_id,
        '{{ response.method }}' as method_id,
        {{ text_literal(response.type) }} as breakdown_type,
        {{ response.value }} as breakdown_value,
        count(case when seconds_to_arrival <= {{ grade.limit }} then 1 end) as numerator,
        count(seconds_to_arrival) as denominator,
        count(*) - count(seconds_to_arrival) as n_unknown

    from incidents

    where {{ response.column }} = '{{ grade.grade }}'
    group by 2, 3, 7
    {% if not (grade_loop.last and loop.last) %}
    union all
    {% endif %}
    {%- endfor %}{% endfor %}
)

select * from final
