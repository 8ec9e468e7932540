with

figures as (

    select * from {{ ref('int_published_figure') }}

),

found as (

    select * from {{ ref('figure_value') }}

),

derivations as (

    select * from {{ ref('figure_derivation') }}

),

issues as (

    select * from {{ ref('known_issue') }}

),

measured as (

    select distinct measure_id

    from {{ ref('measure_value') }}

    where value is not null

),

reasoned as (

    select
        figures.*,
        found.computed_value,
        found.ci_low,
        found.ci_high,
        found.computed_status,
        found.source_kind,
        found.reached_by,
        -- the document worked with what it prints: its rule may be off by the rounding of the printed inputs
        case when found.reached_by = 'rule' then derivations.input_tolerance else found.input_tolerance end
            as input_tolerance,
        found.denominator_id,
        found.method_id,
        found.note,
        issues.explanation as issue,
        derivations.verdict as derivation_verdict,
        derivations.formula as derivation,
        found.computed_value - figures.value as difference,
        case
            when figures.value_kind in ('target', 'forecast') then concat(figures.value_kind, ': not an observation')
            when found.figure_id is null and derivations.input_figure_count > 0 and derivations.rule <> 'implies'
                then 'an input of its rule has no computed value'
            when found.figure_id is null and measured.measure_id is not null
                then 'its measure is computed, but no value is linked to this figure'
            when found.computed_status is null then 'no source supplied yet'
            when found.computed_status = 'other_period' then 'its rule gives the change of another period'
            when found.computed_status = 'not_supplied' then 'force-month not supplied'
            when found.computed_value is null then concat('no value: ', found.computed_status)
        end as reason

    from figures
    left join found on figures.figure_id = found.figure_id
    left join derivations on figures.figure_id = derivations.figure_id
    left join issues on figures.issue_id = issues.issue_id
    left join measured on figures.measure_id = measured.measure_id

),

tested as (

    select
        *,
        case
            when reason is null
                then {{ rule_applied('computed_value', 'value', 'decimals_printed', 'qualifier', 'input_tolerance') }}
        end as rule_applied

    from reasoned

),

final as (

    select
        figure_id,
        plan_indicator_id,
        measure_id,
        quantity,
        area_code,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        value as published_value,
        unit,
        qualifier,
        value_kind,
        as_printed,
        decimals_printed,
        case when reason is null then computed_value end as computed_value,
        case when reason is null then ci_low end as ci_low,
        case when reason is null then ci_high end as ci_high,
        computed_status,
        source_kind,
        reached_by,
        denominator_id,
        method_id,
        rule_applied,
        case when reason is null then difference end as difference,
        case when reason is null then {{ figure_verdict('rule_applied') }} else 'not_computed' end as verdict,
        reason,
        derivation_rule,
        derivation,
        derivation_verdict,
        issue_id,
        issue,
        note,
        document,
        line

    from tested

)

select * from final
