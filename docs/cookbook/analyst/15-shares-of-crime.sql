-- Question: What share of recorded crime is business crime, domestic abuse, and stalking and harassment, and when did each share step up?
-- Reads: marts.dim_force, marts.measure_value, marts.comparison, marts.reconciliation, marts.plan_coverage
-- Answer: one row per subject, kind of period and period with the share and its step from the period before; a row per printed share; a row with the state of every subject without values
-- Sample: rows
-- Note: a share steps up when it is higher than in the period before by more than their 95 % interval, and no break lies between.
-- Note: Stalking and harassment is an offence group of recorded crime; domestic abuse is a flag, which forces return as a number of crimes; business crime is a flag too, and is awaited (offence codes that mean a business are marts.measure_value, business_offences_count, which is less).
with

subjects as (

    select * from (values
        ('business crime', 'crime_type_share', 'business', 'business_crime'),
        ('domestic abuse', 'hidden_crime_share', 'Domestic abuse', 'i2_da_share'),
        ('stalking and harassment', 'crime_type_share', 'stalking_harassment', 'stalking')
    ) as t (subject, measure_id, breakdown_value, indicator_word)

),

home as (

    select area_code from marts.dim_force where is_home_force

),

shares as (

    select
        subjects.subject,
        measure_value.*

    from marts.measure_value
    inner join home on measure_value.area_code = home.area_code
    inner join subjects
        on measure_value.measure_id = subjects.measure_id
        and measure_value.breakdown_value = subjects.breakdown_value

    where measure_value.value is not null

),

stepped as (

    select
        shares.subject,
        'computed' as said_by,
        shares.period_type,
        shares.period_start,
        shares.period_end,
        shares.method_id,
        shares.value as share_pct,
        shares.ci_low,
        shares.ci_high,
        steps.difference as step,
        steps.difference_low as step_low,
        steps.difference_high as step_high,
        steps.finding = 'higher' as stepped_up,
        steps.words,
        shares.source_kind

    from shares
    left join marts.comparison as steps
        on shares.measure_id = steps.measure_id
        and shares.area_code = steps.area_code
        and shares.method_id = steps.method_id
        and shares.breakdown_type = steps.breakdown_type
        and shares.breakdown_value = steps.breakdown_value
        and shares.period_type = steps.period_type
        and shares.period_start = steps.period_start
        and steps.comparison_type = 'previous_period'

),

printed as (

    select
        subjects.subject,
        'printed' as said_by,
        reconciliation.period_start,
        reconciliation.period_end,
        reconciliation.published_value as share_pct,
        concat(reconciliation.as_printed, ' (', reconciliation.document, ', line ', reconciliation.line, ')') as words,
        'published' as source_kind

    from marts.reconciliation
    inner join home on reconciliation.area_code = home.area_code
    inner join subjects on contains(reconciliation.plan_indicator_id, subjects.indicator_word)

    where reconciliation.measure_id = 'crime_type_share'

),

states as (

    select
        subjects.subject,
        'nobody yet' as said_by,
        min(plan_coverage.reason) as words

    from subjects
    left join marts.plan_coverage
        on plan_coverage.measure_id = 'crime_type_share'
        and contains(plan_coverage.plan_indicator_id, subjects.indicator_word)

    where subjects.subject not in (select subject from shares)
    group by subjects.subject

)

select * from stepped
union all by name
select * from printed
union all by name
select * from states
order by subject, said_by, period_type, period_start
