with

records as (

    select * from {{ source('raw', 'complaint_case') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        case_reference,
        {{ plain_words('case_type') }} as case_type,
        received_date,
        logged_date,
        finalised_date,
        {{ plain_words('handling') }} as handling,
        {{ clean_text('suspension_periods') }} as suspension_periods,
        {{ clean_text('allegation_categories') }} as allegation_categories,
        {{ clean_text('neighbourhood_unit') }} as neighbourhood_unit,
        {{ plain_words('complainant_ethnicity') }} as complainant_ethnicity

    from records

)

select * from final
