with

figures as (

    select * from {{ ref('published_figure') }}

),

links as (

    select * from {{ ref('published_figure_match') }}

),

measure_values as (

    select * from {{ ref('measure_value') }}

),

-- decimals as printed where the text prints the value itself, else those the value is written with
printed as (

    select
        *,
        cast(case
            when {{ same_number(printed_number('as_printed'), 'abs(value)') }}
                then {{ decimals_of(printed_number_text('as_printed')) }}
            else {{ decimals_of("regexp_replace(cast(value as varchar), '[.]0$', '')") }}
        end as integer) as decimals_printed

    from figures

),

linked as (

    select
        printed.figure_id,
        printed.plan_indicator_id,
        printed.measure_id,
        printed.quantity,
        printed.area_code,
        printed.period_start,
        printed.period_end,
        printed.breakdown_type,
        printed.breakdown_value,
        printed.value as published_value,
        printed.unit,
        printed.qualifier,
        printed.value_kind,
        printed.as_printed,
        printed.decimals_printed,
        measure_values.value * links.scale as computed_value,
        measure_values.ci_low * links.scale as ci_low,
        measure_values.ci_high * links.scale as ci_high,
        measure_values.status as computed_status,
        measure_values.source_kind,
        links.figure_id is not null as is_linked,
        links.input_tolerance,
        links.denominator_id,
        links.method_id,
        links.note,
        printed.derivation_rule,
        printed.issue_id,
        printed.document,
        printed.line

    from printed
    left join links on printed.figure_id = links.figure_id
    left join measure_values
        on links.measure_id = measure_values.measure_id
        and links.area_code = measure_values.area_code
        and links.period_type = measure_values.period_type
        and links.period_start = measure_values.period_start
        and links.period_end = measure_values.period_end
        and links.breakdown_type is not distinct from measure_values.breakdown_type
        and links.breakdown_value is not distinct from measure_values.breakdown_value
        and links.denominator_id is not distinct from measure_values.denominator_id
        and links.method_id = measure_values.method_id

),

reasoned as (

    select
        *,
        computed_value - published_value as difference,
        case
            when value_kind in ('target', 'forecast') then concat(value_kind, ': not an observation')
            when not is_linked then 'no computed measure linked to this figure'
            when computed_status is null then 'no source supplied yet'
            when computed_status = 'not_supplied' then 'force-month not supplied'
            when computed_value is null then concat('no value: ', computed_status)
        end as reason

    from linked

),

tested as (

    select
        *,
        case
            when reason is not null then null
            -- the document gives a bound, not a number
            when qualifier = 'over' and difference > 0 then 'bound'
            when qualifier = 'at least' and difference >= 0 then 'bound'
            when qualifier = 'under' and difference < 0 then 'bound'
            when {{ same_number(round_half_up('computed_value', 'decimals_printed'), 'published_value') }}
                then 'round_half_up'
            when {{ same_number(truncated('computed_value', 'decimals_printed'), 'published_value') }}
                then 'floor'
            when
                abs(difference)
                <= 0.5e0 * power(10.0e0, -decimals_printed) + coalesce(input_tolerance, 0) + 1.0e-9
                then 'tolerance'
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
        published_value,
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
        denominator_id,
        method_id,
        rule_applied,
        case when reason is null then difference end as difference,
        case
            when reason is not null then 'not_computed'
            when rule_applied in ('round_half_up', 'bound') then 'reproduces'
            when rule_applied = 'floor' then 'truncated'
            when rule_applied = 'tolerance' then 'rounding'
            else 'does_not_reproduce'
        end as verdict,
        reason,
        derivation_rule,
        issue_id,
        note,
        document,
        line

    from tested

)

select * from final
