{% set questions = [
    'whole_experience', 'ease_of_contact', 'actions_taken', 'kept_informed', 'treatment', 'follow_up'
] %}

with

invitations as (

    select * from {{ ref('stg_victim_survey') }}

),

source_months as (

    select * from {{ ref('int_source_month') }} where source = 'victim_survey'

),

methods as (

    select * from {{ ref('survey_method') }}

),

ethnicities as (

    select * from {{ ref('int_ethnicity_label') }}

),

answers as (

    select * from {{ ref('survey_answer') }} where meaning in ('satisfied', 'not_satisfied')

),

final as (

    select
        invitations.extract_id,
        invitations.line,
        invitations.force,
        source_months.area_code,
        -- the month of invitation: its answers belong to it whenever they come
        invitations.period_start,
        coalesce(methods.method, 'unknown') as method,
        coalesce(invitations.neighbourhood_unit, 'unknown') as neighbourhood_unit,
        coalesce(invitations.offence_group, 'unknown') as offence_group,
        coalesce(ethnicities.ethnic_group, 'unknown') as ethnic_group,
        invitations.completed_date is not null as is_completed,
        {%- for question in questions %}
        -- a word the seed does not know is no valid answer; a check names it
        case when invitations.completed_date is not null then answers_{{ question }}.meaning end
            as {{ question }}{{ ',' if not loop.last }}
        {%- endfor %}

    from invitations
    left join source_months
        on invitations.force = source_months.force
        and invitations.period_start = source_months.month
    left join methods on invitations.method = methods.label
    left join ethnicities on invitations.victim_ethnicity = ethnicities.label
    {%- for question in questions %}
    left join answers as answers_{{ question }} on invitations.{{ question }} = answers_{{ question }}.answer
    {%- endfor %}

)

select * from final
