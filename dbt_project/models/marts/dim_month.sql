with

months as (

    select * from {{ ref('int_month') }}

),

numbered as (

    select
        month,
        month_end,
        calendar_year,
        fin_year_start,
        fin_year_end,
        cast(floor((month(month) - 1) / 3) as integer) + 1 as calendar_quarter_number,
        {{ months_between('fin_year_start', 'month') }} as months_into_fin_year

    from months

)

select
    month,
    month_end,
    {{ date_text('month', '%b %Y', 'MMM yyyy') }} as month_label,
    cast(day(month_end) as integer) as days_in_month,
    cast(calendar_year as integer) as calendar_year,
    concat(calendar_year, 'Q', calendar_quarter_number) as calendar_quarter_label,
    make_date(cast(calendar_year as integer), calendar_quarter_number * 3 - 2, 1) as calendar_quarter_start,
    concat(year(fin_year_start), '/', right(cast(year(fin_year_end) as varchar), 2)) as fin_year_label,
    fin_year_start,
    fin_year_end,
    cast(months_into_fin_year as integer) + 1 as fin_year_month_number,
    cast(floor(months_into_fin_year / 3) as integer) + 1 as fin_quarter_number,
    concat(year(fin_year_start), 'Q', cast(floor(months_into_fin_year / 3) as integer) + 1) as fin_quarter_label,
    {{ add_months('fin_year_start', 'cast(floor(months_into_fin_year / 3) as integer) * 3') }}
        as fin_quarter_start,
    {{ month_end(add_months('fin_year_start', 'cast(floor(months_into_fin_year / 3) as integer) * 3 + 2')) }}
        as fin_quarter_end

from numbered
