-- The total of a force and month is its crimes in the fact: every category but anti-social behaviour.
with

totals as (

    select
        area_code,
        period_start as month,
        numerator

    from {{ ref('msr_street_crime') }}

    where
        measure_id = 'street_crime_count'
        and period_type = 'month'
        and status = 'final'
        and breakdown_type is null

),

facts as (

    select
        area_code,
        month,
        sum(crime_count) as crimes

    from {{ ref('fct_street_crime_month') }}

    where is_crime
    group by area_code, month

)

select
    facts.area_code,
    facts.month,
    totals.numerator,
    facts.crimes

from facts
left join totals
    on facts.area_code = totals.area_code
    and facts.month = totals.month

where totals.numerator is distinct from facts.crimes
