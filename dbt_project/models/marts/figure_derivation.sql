with

figures as (

    select * from {{ ref('int_published_figure') }}

),

given as (

    select
        derivations.figure_id,
        derivations.rule,
        derivations.position,
        derivations.role,
        derivations.input_figure_id,
        derivations.input_note,
        derivations.marked,
        derivations.scale * case
            when derivations.input_figure_id is null then derivations.input_value
            when derivations.input_part = 'days' then inputs.period_days
            when derivations.input_part = 'printed' then inputs.printed_number
            else inputs.value
        end as value,
        case
            when derivations.input_part = 'value' then abs(derivations.scale) * inputs.printed_rounding
            else 0.0e0
        end as rounding,
        case
            when derivations.input_figure_id is null then {{ decimals_of("regexp_replace(cast(derivations.input_value as varchar), '[.]0$', '')") }}
            when derivations.input_part = 'days' or derivations.scale > 1 then 0
            when derivations.scale = 0.01 then inputs.decimals_printed + 2
            else inputs.decimals_printed
        end as decimals,
        derivations.scale = 1
        and derivations.input_part = 'value'
        and inputs.unit in ('percent', 'percent change') as is_per_cent

    from {{ ref('published_derivation') }} as derivations
    left join figures as inputs on derivations.input_figure_id = inputs.figure_id

),

worded as (

    select
        *,
        concat({{ number_words('value', 'decimals') }}, case when is_per_cent then ' %' else '' end) as value_text

    from given

),

totals as (

    {{ derivation_totals('given') }}

),

texts as (

    select
        figure_id,
        rule,
        replace(
            {{ joined_text('value_text', ' + ', 'position', 'role in ' ~ upper_roles()) }}, '+ -', '- '
        ) as upper_text,
        {{ joined_text('value_text', ' + ', 'position', 'role in ' ~ lower_roles()) }} as lower_text,
        {{ joined_text('value_text', ' x ', 'position', 'role in ' ~ upper_factors()) }} as upper_factor_text,
        {{ joined_text('value_text', ' x ', 'position', "role = 'denominator_factor'") }} as lower_factor_text,
        {{ joined_text('value_text', ', ', 'position', "role in ('peer', 'change')") }} as other_text,
        sum(case when role in {{ upper_roles() }} then 1 else 0 end) as upper_count,
        sum(case when role in {{ lower_roles() }} then 1 else 0 end) as lower_count,
        max(input_note) as input_note,
        count(input_figure_id) as input_figure_count,
        max(marked) as marked

    from worded

    group by figure_id, rule

),

computed as (

    select
        totals.figure_id,
        totals.rule,
        {{ derived_value('totals') }} as recomputed_value,
        {{ derived_rounding('totals') }} as input_tolerance,
        -- what a rule that does not give the figure turns it into
        {{ rate('totals.upper_sum * totals.upper_factor', 'totals.lower_sum * totals.lower_factor', 1) }}
            as implied_value

    from totals

),

tested as (

    select
        figures.*,
        computed.rule,
        computed.recomputed_value,
        computed.input_tolerance,
        computed.implied_value,
        {{ derivation_words('texts') }} as words,
        texts.input_note,
        texts.marked,
        texts.input_figure_count,
        {{ rule_applied(
            'computed.recomputed_value', 'figures.value', 'figures.decimals_printed', 'figures.qualifier',
            'computed.input_tolerance'
        ) }} as rule_applied,
        case when figures.unit in ('percent', 'percent change') then ' %' else '' end as unit_text

    from computed
    inner join texts on computed.figure_id = texts.figure_id
    inner join figures on computed.figure_id = figures.figure_id

),

judged as (

    select
        *,
        case
            when rule = 'no_rule' then 'does_not_reproduce'
            when recomputed_value is null then 'not_checkable'
            else {{ figure_verdict('rule_applied') }}
        end as verdict,
        case
            when rule_applied = 'round_half_up'
                or {{ same_number(round_half_up('recomputed_value', 'decimals_printed'), 'recomputed_value') }}
                then decimals_printed
            else greatest(decimals_printed, 0) + 1
        end as decimals_shown

    from tested

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
        rule,
        derivation_rule,
        case
            when rule = 'no_rule' then input_note
            when rule = 'implies'
                then concat(words, ' = ', {{ number_words('implied_value', '0') }}, ', which is not printed')
            when rule = 'unit'
                then concat(as_printed, ' stored as ', {{ number_words('recomputed_value', 'decimals_printed') }}, unit_text)
            when recomputed_value is null then words
            else concat(
                words, ' = ', {{ number_words(round_half_up('recomputed_value', 'decimals_shown'), 'decimals_shown') }},
                unit_text,
                case
                    when verdict <> 'reproduces' or rule_applied = 'bound'
                        then concat(
                            '; printed ', case when qualifier = 'exact' then '' else concat(qualifier, ' ') end,
                            {{ number_words('value', 'decimals_printed') }}, unit_text
                        )
                    else ''
                end
            )
        end as formula,
        value as published_value,
        unit,
        qualifier,
        value_kind,
        as_printed,
        decimals_printed,
        input_figure_count,
        recomputed_value,
        recomputed_value - value as difference,
        input_tolerance,
        rule_applied,
        verdict,
        marked as catalogue_verdict,
        issue_id,
        document,
        line

    from judged

)

select * from final
