with

records as (

    select * from {{ source('raw', 'home_office_outcome') }}

),

final as (

    select
        extract_id,
        line,
        force,
        period_start,
        {{ fin_year_in('financial_year') }} as fin_year_start,
        {{ add_months(fin_year_in('financial_year'), '3 * (financial_quarter - 1)') }} as quarter_start,
        {{ clean_text('force_name') }} as force_name,
        {{ clean_text('offence_description') }} as offence_description,
        {{ clean_text('offence_group') }} as offence_group,
        {{ clean_text('offence_subgroup') }} as offence_subgroup,
        {{ clean_text('offence_code') }} as offence_code,
        {{ clean_text('outcome_description') }} as outcome_description,
        {{ clean_text('outcome_group') }} as outcome_group,
        {{ clean_text('outcome_type') }} as outcome_type,
        cast({{ cell_value('cohort_text') }} as bigint) as cohort_count,
        {{ cell_marker('cohort_text') }} as cohort_count_marker,
        cast({{ cell_value('in_period_text') }} as bigint) as in_period_count,
        {{ cell_marker('in_period_text') }} as in_period_count_marker

    from records

)

select * from final
