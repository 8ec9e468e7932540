{# Each question over all invitations, and the whole experience by what is known of the victim and the case. #}
{% set lines = [
    {'question': 'whole_experience', 'type': none, 'value': text_literal(none)},
    {'question': 'ease_of_contact', 'type': none, 'value': text_literal(none)},
    {'question': 'actions_taken', 'type': none, 'value': text_literal(none)},
    {'question': 'kept_informed', 'type': none, 'value': text_literal(none)},
    {'question': 'treatment', 'type': none, 'value': text_literal(none)},
    {'question': 'follow_up', 'type': none, 'value': text_literal(none)},
    {'question': 'whole_experience', 'type': 'neighbourhood_unit', 'value': 'neighbourhood_unit'},
    {'question': 'whole_experience', 'type': 'offence_group', 'value': 'offence_group'},
    {'question': 'whole_experience', 'type': 'ethnic_group', 'value': 'ethnic_group'},
] %}

with

invitations as (

    select * from {{ ref('int_victim_survey') }}

),

final as (
    {% for line in lines %}
    select
        area_code,
        period_start as month,
        method,
        '{{ line.question }}' as question,
        {{ text_literal(line.type) }} as breakdown_type,
        {{ line.value }} as breakdown_value,
        count(*) as invited,
        count(case when is_completed then 1 end) as completed,
        count({{ line.question }}) as answered,
        count(case when {{ line.question }} = 'satisfied' then 1 end) as satisfied

    from invitations

    group by 1, 2, 3, 4, 5, 6
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
)

select * from final
