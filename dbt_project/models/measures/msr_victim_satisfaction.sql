with

periods as (

    select * from {{ ref('int_own_period') }} where source = 'victim_survey'

),

months as (

    select * from {{ ref('int_victim_survey_month') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

-- a month whose every record is a completed survey is a list of answers: how many were invited is not in it
invited_months as (

    select
        area_code,
        method,
        month,
        invited,
        case when invited = completed then 1 else 0 end as is_list_of_answers

    from months

    where
        question = 'whole_experience'
        and breakdown_type is null

),

method_periods as (

    select
        spans.area_code,
        spans.method,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.status,
        periods.source_kind,
        periods.extract_ids,
        count(invited_months.month) > 0 as is_surveyed,
        coalesce(max(invited_months.is_list_of_answers), 0) = 1 as has_list_of_answers

    from (

        select
            area_code,
            method,
            min(month) as first_month,
            max(month) as last_month

        from invited_months

        group by area_code, method

    ) as spans
    inner join periods
        on spans.area_code = periods.area_code
        and spans.first_month <= periods.period_end
        and spans.last_month >= periods.period_start
    left join invited_months
        on spans.area_code = invited_months.area_code
        and spans.method = invited_months.method
        and invited_months.month between periods.period_start and periods.period_end

    group by 1, 2, 3, 4, 5, 6, 7, 8

),

survey_lines as (

    select distinct
        area_code,
        method,
        question,
        breakdown_type,
        breakdown_value

    from months

),

summed as (

    select
        method_periods.area_code,
        method_periods.method,
        method_periods.period_type,
        method_periods.period_start,
        months.question,
        months.breakdown_type,
        months.breakdown_value,
        sum(months.invited) as invited,
        sum(months.completed) as completed,
        sum(months.answered) as answered,
        sum(months.satisfied) as satisfied

    from method_periods
    inner join months
        on method_periods.area_code = months.area_code
        and method_periods.method = months.method
        and months.month between method_periods.period_start and method_periods.period_end

    where method_periods.status = 'final'
    group by 1, 2, 3, 4, 5, 6, 7

),

tallies as (

    select
        method_periods.area_code,
        method_periods.method,
        method_periods.period_type,
        method_periods.period_start,
        method_periods.period_end,
        method_periods.source_kind,
        method_periods.extract_ids,
        survey_lines.question,
        survey_lines.breakdown_type,
        survey_lines.breakdown_value,
        method_periods.has_list_of_answers,
        -- a month without a survey has no number, which is not the same as nobody being satisfied
        case
            when method_periods.status <> 'final' then method_periods.status
            when not method_periods.is_surveyed then 'not_collected'
            else 'final'
        end as status,
        coalesce(summed.invited, 0) as invited,
        coalesce(summed.completed, 0) as completed,
        coalesce(summed.answered, 0) as answered,
        coalesce(summed.satisfied, 0) as satisfied,
        -- a question nobody answered was not asked
        max(coalesce(summed.answered, 0)) over (
            partition by
                method_periods.area_code, method_periods.method, method_periods.period_type,
                method_periods.period_start, survey_lines.question
        ) > 0 as is_asked

    from method_periods
    inner join survey_lines
        on method_periods.area_code = survey_lines.area_code
        and method_periods.method = survey_lines.method
    left join summed
        on method_periods.area_code = summed.area_code
        and method_periods.method = summed.method
        and method_periods.period_type = summed.period_type
        and method_periods.period_start = summed.period_start
        and survey_lines.question = summed.question
        and survey_lines.breakdown_type is not distinct from summed.breakdown_type
        and survey_lines.breakdown_value is not distinct from summed.breakdown_value

),

{# Each measure: what it is made of, which rows it has, and how it names its breakdown. #}
{% set whole = "question = 'whole_experience'" %}
{% set total = 'breakdown_type is null' %}
{% set satisfaction = {
    'basis': 'satisfied_of_valid_answers', 'numerator': 'satisfied', 'denominator': 'answered',
    'unknown': 'completed - answered', 'given': 'is_asked',
} %}
{% set item_response = {
    'basis': 'answered_of_completed', 'numerator': 'answered', 'denominator': 'completed',
    'unknown': 'cast(null as bigint)', 'given': 'is_asked',
} %}
{% set by_question = {'type': "'question'", 'value': 'question'} %}
{% set as_is = {'type': 'breakdown_type', 'value': 'breakdown_value'} %}
{% set branches = [
    ('victim_satisfaction_overall', satisfaction, whole, as_is),
    ('victim_satisfaction_driver', satisfaction, total ~ " and question <> 'whole_experience'", by_question),
    ('victim_satisfaction_actions', satisfaction, "question = 'actions_taken'", as_is),
    ('victim_satisfaction_informed', satisfaction, "question = 'kept_informed'", as_is),
    ('survey_item_response', item_response, whole ~ ' and ' ~ total, as_is),
    ('survey_item_response', item_response, total, by_question),
    ('survey_response_rate', {
        'basis': 'completed_of_invited', 'numerator': 'completed', 'denominator': 'invited',
        'unknown': 'cast(null as bigint)', 'given': 'not has_list_of_answers',
    }, whole ~ ' and ' ~ total, as_is),
] %}
{# The counts behind the shares of the whole experience. #}
{% set counts = [
    ('survey_invitations', 'invited', 'not has_list_of_answers'),
    ('survey_completed', 'completed', 'true'),
    ('survey_answers', 'answered', 'is_asked'),
    ('survey_satisfied', 'satisfied', 'is_asked'),
] %}
{% for measure_id, counted, given in counts %}
{% do branches.append((measure_id, {
    'basis': counted, 'numerator': counted, 'denominator': 'cast(null as bigint)',
    'unknown': 'cast(null as bigint)', 'given': given,
}, whole ~ ' and ' ~ total, as_is)) %}
{% endfor %}

measured as (
    {% for measure_id, parts, condition, breakdown in branches %}
    select
        '{{ measure_id }}' as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        {{ breakdown.type }} as breakdown_type,
        {{ breakdown.value }} as breakdown_value,
        {{ parts.numerator }} as numerator,
        {{ parts.denominator }} as denominator,
        {{ parts.unknown }} as n_unknown,
        concat('{{ parts.basis }}_', method) as method_id,
        '{{ 'count' if 'null' in parts.denominator else 'share' }}' as kind,
        case
            when status <> 'final' then status
            when not ({{ parts.given }}) then 'not_collected'
            when {{ parts.denominator }} = 0 then 'below_minimum'
            else 'final'
        end as status,
        source_kind,
        extract_ids

    from tallies

    where {{ condition }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- what has a reason to be missing has no number at all; an empty group has its zeros
judged as (

    select
        measured.measure_id,
        measured.area_code,
        measured.period_type,
        measured.period_start,
        measured.period_end,
        measured.breakdown_type,
        measured.breakdown_value,
        cast(case when measured.status in ('final', 'below_minimum') then measured.numerator end as double)
            as numerator,
        cast(case when measured.status in ('final', 'below_minimum') then measured.denominator end as double)
            as denominator,
        cast(case when measured.status in ('final', 'below_minimum') then measured.n_unknown end as bigint)
            as n_unknown,
        measured.method_id,
        measured.status,
        measured.source_kind,
        measured.extract_ids,
        measured.kind,
        exact_limits.lower_95,
        exact_limits.upper_95

    from measured
    left join exact_limits
        on measured.kind = 'count'
        and measured.status = 'final'
        and measured.numerator = exact_limits.event_count

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits('kind') }},
        n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        'victim_survey' as source_id,
        status,
        extract_ids

    from judged

)

select * from final
