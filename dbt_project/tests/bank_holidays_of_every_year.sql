-- England and Wales have eight bank holidays or more in every year.
with

holidays as (

    select extract(year from holiday_date) as year from {{ ref('bank_holiday') }}

),

years as (

    select
        year,
        count(*) as holidays

    from holidays

    group by year

),

spanned as (

    select
        min(year) as first_year,
        max(year) as last_year,
        count(*) as years

    from years

)

select
    years.year,
    years.holidays,
    spanned.years

from years
cross join spanned

where
    years.holidays < 8
    or spanned.last_year - spanned.first_year + 1 <> spanned.years
