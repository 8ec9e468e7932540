with

searches as (

    select * from {{ ref('stg_police_uk_stop_search') }}

),

source_months as (

    select * from {{ ref('int_source_month') }} where source = 'police_uk_stop_search'

),

self_defined as (

    select * from {{ ref('self_defined_ethnicity') }}

),

officer_defined as (

    select * from {{ ref('officer_defined_ethnicity') }}

),

outcomes as (

    select * from {{ ref('stop_search_outcome') }}

),

-- a label the seeds do not know stays unknown, never a guess: tests name the seed to extend
final as (

    select
        searches.extract_id,
        searches.line,
        searches.force,
        source_months.area_code,
        searches.period_start,
        searches.searched_at,
        searches.search_date,
        searches.search_type,
        -- kept as a person unless known to concern a vehicle alone
        searches.search_type is distinct from 'Vehicle search' as is_person_searched,
        searches.is_policing_operation,
        searches.policing_operation,
        searches.latitude,
        searches.longitude,
        searches.gender,
        searches.age_range,
        searches.self_defined_ethnicity,
        coalesce(self_defined.ethnic_group, 'unknown') as self_defined_group,
        searches.officer_defined_ethnicity,
        coalesce(officer_defined.ethnic_group, 'unknown') as officer_defined_group,
        searches.legislation,
        searches.object_of_search,
        searches.outcome,
        outcomes.is_positive as is_positive_outcome,
        searches.is_outcome_linked,
        searches.is_clothing_removed,
        case when source_months.is_sample then 'synthetic' else 'computed' end as source_kind

    from searches
    left join source_months
        on searches.force = source_months.force
        and searches.period_start = source_months.month
    left join self_defined on searches.self_defined_ethnicity = self_defined.label
    left join officer_defined on searches.officer_defined_ethnicity = officer_defined.label
    left join outcomes on searches.outcome = outcomes.outcome

)

select * from final
