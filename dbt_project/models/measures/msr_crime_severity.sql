{# Offences of a financial year weighted by severity, for every resident of the force area. #}
with

crimes as (

    select *

    from {{ ref('int_recorded_crime') }}

    where
        source_id = 'home_office_recorded_crime'
        and offence_group = 'total'
        and period_type = 'fin_year'
        and area_code is not null

),

editions as (

    select max(edition) as edition from {{ ref('crime_severity_weight') }}

),

judged as (

    select
        crimes.*,
        cast(crimes.weighted_count as double) as numerator,
        cast(crimes.population as double) as denominator,
        concat('severity_', editions.edition) as method_id,
        case
            when crimes.status <> 'final' then crimes.status
            -- the same forces that have no crime rate
            when coalesce(crimes.population, 0) < 10000 then 'not_comparable'
            when crimes.is_carried_forward then 'provisional'
            else 'final'
        end as score_status

    from crimes
    cross join editions

),

final as (

    select
        'crime_severity_score' as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits("'mean'", given="score_status in ('final', 'provisional')", counts=false) }},
        unweighted_count as n_unknown,
        denominator_id,
        method_id,
        source_kind,
        source_id,
        score_status as status,
        extract_ids

    from judged

)

select * from final
