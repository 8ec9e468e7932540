with

records as (

    select * from {{ source('raw', 'home_office_recorded_crime') }}

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
        cast({{ cell_value('offences_text') }} as bigint) as offences,
        {{ cell_marker('offences_text') }} as offences_marker

    from records

)

select * from final
