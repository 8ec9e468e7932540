{# One row for each category of allegation in a case, however often the cell names it. #}
with

cases as (

    select * from {{ ref('stg_complaint_case') }} where allegation_categories is not null

),

listed as (

    select
        extract_id,
        line,
        {{ list_items('allegation_categories') }} as category

    from cases

),

final as (

    select distinct
        extract_id,
        line,
        {{ clean_text('category') }} as allegation_category

    from listed

    where {{ clean_text('category') }} is not null

)

select * from final
