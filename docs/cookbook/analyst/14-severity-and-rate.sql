-- Question: What is the crime severity score of each force and year, and which forces stand elsewhere by severity than by the plain crime rate?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per territorial force and financial year with a crime rate, the largest change of place first; without any, rows with the state
-- Sample: rows
-- Note: place 1 is the lowest of the forces that have both numbers.
-- Note: The score is per resident as ONS gives it (per 1,000 residents it is a thousand times that, and the places are the same).
-- Note: A force too small for a rate has neither.
with

valued as (

    select
        forces.force_name,
        forces.is_home_force,
        measure_value.measure_id,
        measure_value.period_start,
        measure_value.value,
        measure_value.n_unknown,
        measure_value.status,
        measure_value.source_kind

    from marts.measure_value
    inner join marts.dim_force as forces on measure_value.area_code = forces.area_code

    where
        forces.force_kind = 'territorial'
        and measure_value.period_type = 'fin_year'
        and measure_value.breakdown_type is null
        and (
            measure_value.measure_id = 'crime_severity_score'
            or (
                measure_value.measure_id = 'total_recorded_crime_rate'
                and measure_value.method_id like 'home_office_recorded_crime%'
            )
        )

),

beside as (

    select
        rates.force_name,
        rates.is_home_force,
        rates.period_start as year_start,
        rates.value as crimes_per_1000,
        rates.status as rate_status,
        scores.value as severity_score,
        coalesce(scores.status, 'not_supplied') as score_status,
        scores.n_unknown as offences_without_weight,
        rates.source_kind,
        rates.value is not null and scores.value is not null as has_both

    from valued as rates
    left join valued as scores
        on rates.force_name = scores.force_name
        and rates.period_start = scores.period_start
        and scores.measure_id = 'crime_severity_score'

    where rates.measure_id = 'total_recorded_crime_rate'

),

placed as (

    select
        *,
        case when has_both then rank() over (partition by year_start, has_both order by crimes_per_1000) end as place_by_rate,
        case when has_both then rank() over (partition by year_start, has_both order by severity_score) end as place_by_score

    from beside

)

select
    force_name,
    is_home_force,
    year_start,
    crimes_per_1000,
    severity_score,
    place_by_rate,
    place_by_score,
    place_by_score - place_by_rate as places_higher_by_score,
    rate_status,
    score_status,
    case
        when severity_score is null and score_status = 'not_supplied'
            then (select min(reason) from marts.plan_coverage where measure_id = 'crime_severity_score')
    end as words,
    offences_without_weight,
    source_kind

from placed

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'crime_severity_score'
    and not exists (select 1 from placed)

order by abs(places_higher_by_score) desc nulls last, year_start desc, force_name
