-- A force's population is the sum of its authorities only when an edition holds all of them: those of the
-- geography the series is in, or those that existed on 30 June of the year.
with

populations as (

    select
        force_area_code,
        edition,
        year,
        count(*) as authority_count

    from {{ ref('population') }}

    group by force_area_code, edition, year

),

authorities as (

    select * from {{ ref('local_authority') }}

),

expected as (

    select
        populations.force_area_code,
        populations.edition,
        populations.year,
        populations.authority_count,
        sum(
            case
                when
                    coalesce(authorities.valid_from, date '1900-01-01') <= date '{{ var("authority_geography_date") }}'
                    and coalesce(authorities.valid_to, date '2999-12-31') >= date '{{ var("authority_geography_date") }}'
                    then 1
                else 0
            end
        ) as in_geography,
        sum(
            case
                when
                    coalesce(authorities.valid_from, date '1900-01-01') <= make_date(populations.year, 6, 30)
                    and coalesce(authorities.valid_to, date '2999-12-31') >= make_date(populations.year, 6, 30)
                    then 1
                else 0
            end
        ) as in_year

    from populations
    inner join authorities on populations.force_area_code = authorities.force_area_code

    group by populations.force_area_code, populations.edition, populations.year, populations.authority_count

)

select *

from expected

where
    authority_count <> in_geography
    and authority_count <> in_year
