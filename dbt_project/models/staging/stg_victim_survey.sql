with

records as (

    select * from {{ source('raw', 'victim_survey') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        survey_id,
        invited_date,
        closed_date,
        completed_date,
        {{ plain_words('method') }} as method,
        {{ clean_text('neighbourhood_unit') }} as neighbourhood_unit,
        {{ clean_text('offence_group') }} as offence_group,
        {{ plain_words('victim_ethnicity') }} as victim_ethnicity,
        {{ clean_text('victim_age_band') }} as victim_age_band,
        {{ plain_words('whole_experience') }} as whole_experience,
        {{ plain_words('ease_of_contact') }} as ease_of_contact,
        {{ plain_words('actions_taken') }} as actions_taken,
        {{ plain_words('kept_informed') }} as kept_informed,
        {{ plain_words('treatment') }} as treatment,
        {{ plain_words('follow_up') }} as follow_up

    from records

)

select * from final
