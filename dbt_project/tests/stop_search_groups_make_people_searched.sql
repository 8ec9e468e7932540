-- On either basis the ethnic groups and the unknown add up to the searches of people.
with

groups as (

    select
        area_code,
        period_type,
        period_start,
        breakdown_type,
        sum(value) as in_groups

    from {{ ref('msr_stop_search') }}

    where
        measure_id = 'stop_search_count'
        and breakdown_type in ('self_defined_ethnicity', 'officer_defined_ethnicity')

    group by area_code, period_type, period_start, breakdown_type

),

people as (

    select
        area_code,
        period_type,
        period_start,
        breakdown_value as breakdown_type,
        denominator as people_searched

    from {{ ref('msr_stop_search') }}

    where measure_id = 'stop_search_ethnicity_unknown_share'

)

select
    groups.area_code,
    groups.period_type,
    groups.period_start,
    groups.breakdown_type,
    groups.in_groups,
    people.people_searched

from groups
left join people
    on groups.area_code = people.area_code
    and groups.period_type = people.period_type
    and groups.period_start = people.period_start
    and groups.breakdown_type = people.breakdown_type

where groups.in_groups is distinct from people.people_searched
