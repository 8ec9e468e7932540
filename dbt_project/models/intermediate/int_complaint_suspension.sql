{# One row for each suspension of a case, as the cell tells it. #}
with

cases as (

    select * from {{ ref('stg_complaint_case') }} where suspension_periods is not null

),

listed as (

    select
        extract_id,
        line,
        {{ list_items('suspension_periods') }} as period_text

    from cases

),

dated as (

    select
        extract_id,
        line,
        {{ clean_text('period_text') }} as period_text,
        {{ date_in('period_text', 1) }} as suspended_date,
        {{ date_in('period_text', 2) }} as resumed_date,
        {{ dates_in('period_text') }} as date_count,
        -- a digit that belongs to no date is a date that was not understood
        {{ without_dates('period_text') }} as other_text

    from listed

    where {{ clean_text('period_text') }} is not null

),

final as (

    select
        extract_id,
        line,
        period_text,
        suspended_date,
        resumed_date,
        coalesce(
            date_count in (1, 2)
            and suspended_date is not null
            and (date_count = 1 or resumed_date >= suspended_date)
            and regexp_extract(other_text, '[0-9]', 0) = '',
            false
        ) as is_understood

    from dated

)

select * from final
