with

residents as (

    select * from {{ ref('census_ethnicity') }}

),

final as (

    select
        force_area_code as area_code,
        concat('census_', census_year) as denominator_id,
        ethnic_group,
        cast(sum(population) as bigint) as population

    from residents

    group by force_area_code, census_year, ethnic_group

)

select * from final
