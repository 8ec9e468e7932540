with

holidays as (

    select * from {{ ref('bank_holiday') }}

),

bounds as (

    select
        make_date(cast(min(year(holiday_date)) as integer), 1, 1) as first_day,
        make_date(cast(max(year(holiday_date)) as integer), 12, 31) as last_day

    from holidays

),

days as (

    {{ day_series('first_day', 'last_day') }} from bounds

),

judged as (

    select
        days.day,
        {{ is_weekday('days.day') }} and holidays.holiday_date is null as is_working_day

    from days
    left join holidays on days.day = holidays.holiday_date

),

final as (

    select
        day,
        is_working_day,
        cast(sum(case when is_working_day then 1 else 0 end) over (order by day) as integer) as working_day_number

    from judged

)

select * from final
