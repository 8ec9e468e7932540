-- Question: What is victim satisfaction when the answers are weighted to the closed cases of every unit and offence group, what is it unweighted, and what do the weights cost (design effect, effective number of answers)?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per survey method and period that is longer than a month, newest first; without any, rows with the state
-- Sample: rows
-- Note: cases are the invitations, so periods of which only answers were supplied have no weighted rate (weighted_status not_collected).
-- Note: The effective number of answers is the denominator of the weighted rate.
-- Note: The comparison is of the force as a whole; cells are too small to be weighted apart.
with

satisfaction as (

    select
        measure_value.*,
        measure_value.method_id like 'weighted%' as is_weighted,
        regexp_extract(measure_value.method_id, '_(online|telephone)$', 1) as survey_method

    from marts.measure_value
    inner join marts.dim_force on measure_value.area_code = dim_force.area_code

    where
        dim_force.is_home_force
        and measure_value.measure_id in ('victim_satisfaction_overall', 'survey_design_effect')
        and measure_value.breakdown_type is null
        and measure_value.period_type <> 'month'
        and measure_value.method_id <> 'as_returned'

),

plain as (

    select * from satisfaction where measure_id = 'victim_satisfaction_overall' and not is_weighted

),

weighted as (

    select * from satisfaction where measure_id = 'victim_satisfaction_overall' and is_weighted

),

effects as (

    select * from satisfaction where measure_id = 'survey_design_effect'

),

answer as (

    select
        plain.survey_method,
        plain.period_type,
        plain.period_start,
        plain.period_end,
        plain.value as unweighted_pct,
        plain.ci_low as unweighted_low,
        plain.ci_high as unweighted_high,
        plain.denominator as answers,
        weighted.value as weighted_pct,
        weighted.ci_low as weighted_low,
        weighted.ci_high as weighted_high,
        weighted.value - plain.value as weighting_moves_it_by,
        effects.value as design_effect,
        weighted.denominator as effective_answers,
        weighted.n_unknown as cases_nobody_speaks_for,
        plain.status as unweighted_status,
        coalesce(weighted.status, 'not_computed') as weighted_status,
        plain.source_kind

    from plain
    left join weighted using (survey_method, period_type, period_start)
    left join effects using (survey_method, period_type, period_start)

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'victim_satisfaction_overall'
    and not exists (select 1 from answer)

order by survey_method, period_type, period_start desc
