-- Authorities, records outside the force and records without a usable location add up to the force's figure.
with

counts as (

    select
        area_code,
        period_start as month,
        breakdown_value as crime_type,
        numerator

    from {{ ref('msr_street_crime') }}

    where
        measure_id = 'street_crime_count'
        and period_type = 'month'
        and status = 'final'
        and breakdown_type = 'crime_type'

),

areas as (

    select * from {{ ref('dim_area') }}

),

parts as (

    select
        areas.parent_area_code as area_code,
        counts.month,
        counts.crime_type,
        counts.numerator

    from counts
    inner join areas on counts.area_code = areas.area_code

    where areas.area_type = 'local_authority'

    union all

    select
        area_code,
        month,
        crime_type,
        crime_count as numerator

    from {{ ref('fct_street_crime_month') }}

    where location_status <> 'in_force'

),

sums as (

    select
        area_code,
        month,
        crime_type,
        sum(numerator) as numerator

    from parts

    group by area_code, month, crime_type

)

select
    counts.area_code,
    counts.month,
    counts.crime_type,
    counts.numerator as force_figure,
    coalesce(sums.numerator, 0) as sum_of_parts

from counts
inner join areas on counts.area_code = areas.area_code
left join sums
    on counts.area_code = sums.area_code
    and counts.month = sums.month
    and counts.crime_type = sums.crime_type

where
    areas.area_type = 'force'
    and counts.numerator <> coalesce(sums.numerator, 0)
