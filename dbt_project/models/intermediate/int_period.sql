{# Every period of the calendar that is made of whole months; one at the edge of the calendar is left out. #}
with

months as (

    select
        *,
        cast(floor((month(month) - 1) / 3) as integer) as quarter

    from {{ ref('int_month') }}

),

periods as (

    select
        'month' as period_type,
        month as period_start,
        month_end as period_end

    from months

    union all

    select
        'quarter' as period_type,
        min(month) as period_start,
        max(month_end) as period_end

    from months

    group by calendar_year, quarter
    having count(*) = 3

    union all

    select
        'cal_year' as period_type,
        min(month) as period_start,
        max(month_end) as period_end

    from months

    group by calendar_year
    having count(*) = 12

    union all

    select
        'fin_year' as period_type,
        fin_year_start as period_start,
        fin_year_end as period_end

    from months

    group by fin_year_start, fin_year_end
    having count(*) = 12

    union all

    select
        'rolling_12m' as period_type,
        {{ add_months('month', -11) }} as period_start,
        month_end as period_end

    from months

),

final as (

    select
        period_type,
        period_start,
        period_end,
        cast({{ months_between('period_start', 'period_end') }} + 1 as integer) as months

    from periods

    -- the first eleven rolling periods would begin before the calendar does
    where period_start >= date '{{ var("calendar_start") }}'

)

select * from final
