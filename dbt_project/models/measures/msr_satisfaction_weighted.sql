{# Victim satisfaction with the answers weighted to the closed cases of every unit and offence group, and what the weights
   cost. The cases are the invitations, so a list of answers alone cannot be weighted. #}
{% set minimum_answers = 30 %}

with

surveyed as (

    select
        *,
        replace(method_id, 'completed_of_invited_', '') as mode

    from {{ ref('msr_victim_satisfaction') }}

    where
        measure_id = 'survey_response_rate'
        and period_type <> 'month'

),

-- cases and answers of a month by the two things they are weighted to
months as (

    select
        area_code,
        method as mode,
        period_start as month,
        neighbourhood_unit,
        offence_group,
        count(*) as cases,
        count(whole_experience) as answered,
        count(case when whole_experience = 'satisfied' then 1 end) as satisfied

    from {{ ref('int_victim_survey') }}

    group by 1, 2, 3, 4, 5

),

cells as (

    select
        surveyed.area_code,
        surveyed.mode,
        surveyed.period_type,
        surveyed.period_start,
        months.neighbourhood_unit,
        months.offence_group,
        sum(months.cases) as cases,
        sum(months.answered) as answered,
        sum(months.satisfied) as satisfied

    from surveyed
    inner join months
        on surveyed.area_code = months.area_code
        and surveyed.mode = months.mode
        and months.month between surveyed.period_start and surveyed.period_end

    where surveyed.status = 'final'
    group by 1, 2, 3, 4, 5, 6

),

-- the cases of a cell without answers are spoken for by the other units' answers about the same offences
spread as (

    select
        *,
        sum(cases) over offence as offence_cases,
        sum(case when answered > 0 then cases else 0 end) over offence as offence_cases_answered

    from cells

    window offence as (partition by area_code, mode, period_type, period_start, offence_group)

),

weighted as (

    select
        *,
        case
            when answered > 0 then cast(cases as double) * offence_cases / offence_cases_answered
        end as represented

    from spread

),

summed as (

    select
        area_code,
        mode,
        period_type,
        period_start,
        sum(answered) as answered,
        -- cases whose whole offence group gave no answer
        sum(case when offence_cases_answered = 0 then cases else 0 end) as cases_unrepresented,
        -- added up as decimals, so that two builds agree to the last bit
        sum(cast(represented as decimal(38, 12))) as weights,
        sum(cast(represented * represented / nullif(answered, 0) as decimal(38, 12))) as squared_weights,
        sum(cast(represented * satisfied / nullif(answered, 0) as decimal(38, 12))) as satisfied_weights

    from weighted

    group by 1, 2, 3, 4

),

effective as (

    select
        surveyed.area_code,
        surveyed.mode,
        surveyed.period_type,
        surveyed.period_start,
        surveyed.period_end,
        surveyed.source_kind,
        surveyed.extract_ids,
        summed.answered,
        summed.cases_unrepresented,
        case
            when surveyed.status <> 'final' then surveyed.status
            when coalesce(summed.answered, 0) < {{ minimum_answers }} then 'below_minimum'
            else 'final'
        end as status,
        {{ rate('summed.satisfied_weights', 'summed.weights', 1) }} as share,
        summed.answered / {{ design_effect('summed.answered', 'summed.weights', 'summed.squared_weights') }} as n_effective

    from surveyed
    left join summed
        on surveyed.area_code = summed.area_code
        and surveyed.mode = summed.mode
        and surveyed.period_type = summed.period_type
        and surveyed.period_start = summed.period_start

),

-- at the last bit of a floating-point number a share can pass 1
measured as (

    select
        'victim_satisfaction_overall' as measure_id,
        area_code,
        mode,
        period_type,
        period_start,
        period_end,
        least(share, 1.0e0) * n_effective as numerator,
        n_effective as denominator,
        'share' as kind,
        cases_unrepresented as n_unknown,
        status,
        source_kind,
        extract_ids

    from effective

    union all

    select
        'survey_design_effect' as measure_id,
        area_code,
        mode,
        period_type,
        period_start,
        period_end,
        answered as numerator,
        n_effective as denominator,
        'mean' as kind,
        cases_unrepresented as n_unknown,
        status,
        source_kind,
        extract_ids

    from effective

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        case when status = 'final' then cast(numerator as double) end as numerator,
        case when status = 'final' then cast(denominator as double) end as denominator,
        {{ value_and_limits('kind', given="status = 'final'", counts=false) }},
        case when status = 'final' then cast(n_unknown as bigint) end as n_unknown,
        cast(null as varchar) as denominator_id,
        concat('weighted_by_unit_and_offence_', mode) as method_id,
        source_kind,
        'victim_survey' as source_id,
        status,
        extract_ids

    from measured

)

select * from final
