-- Question: Which share of the people who filled in the victim survey answered each question, month by month, and where is it below 80 %?
-- Reads: marts.measure_value, marts.dim_force, marts.plan_coverage
-- Answer: one row per survey method, question and month; without any, rows with the state
-- Sample: rows
-- Note: clearly_below_80 is true when the whole 95 % interval lies below; below_80 when the share does.
-- Note: A month or a question without completed forms has a status and no share.
with

answer as (

    select
        regexp_extract(measure_value.method_id, '_(online|telephone)$', 1) as survey_method,
        measure_value.breakdown_value as question,
        measure_value.period_start as month,
        measure_value.value as answered_pct,
        measure_value.ci_low,
        measure_value.ci_high,
        measure_value.numerator as answered,
        measure_value.denominator as completed,
        measure_value.value < 80 as below_80,
        measure_value.ci_high < 80 as clearly_below_80,
        measure_value.status,
        measure_value.source_kind

    from marts.measure_value
    inner join marts.dim_force on measure_value.area_code = dim_force.area_code

    where
        dim_force.is_home_force
        and measure_value.measure_id = 'survey_item_response'
        and measure_value.breakdown_type = 'question'
        and measure_value.period_type = 'month'

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'victim_satisfaction_overall'
    and not exists (select 1 from answer)

order by survey_method, question, month
