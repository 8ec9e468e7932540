{# How deep rules build on figures that are computed by rules themselves. #}
{%- set levels = 4 -%}

with

derivations as (

    select * from {{ ref('published_derivation') }}
    where
        rule not in ('implies', 'no_rule')
        and figure_id in (
            select given.figure_id from {{ ref('published_derivation') }} as given
            where given.input_figure_id is not null
        )

),

figures as (

    select * from {{ ref('int_published_figure') }}

),

breaks as (

    select * from {{ ref('series_break') }}

),

linked as (

    select
        links.figure_id,
        links.measure_id,
        links.area_code,
        links.period_start,
        links.period_end,
        links.breakdown_type,
        links.breakdown_value,
        links.denominator_id,
        links.method_id,
        links.input_tolerance,
        links.note,
        measure_values.value * links.scale as computed_value,
        measure_values.ci_low * links.scale as ci_low,
        measure_values.ci_high * links.scale as ci_high,
        measure_values.numerator,
        measure_values.denominator,
        measure_values.status as computed_status,
        measure_values.source_kind

    from {{ ref('published_figure_match') }} as links
    left join {{ ref('measure_value') }} as measure_values
        on links.period_start = measure_values.period_start
        and links.period_end = measure_values.period_end
        and {{ is_in_series('links', 'measure_values') }}

),

parts as (

    select
        parts.figure_id,
        linked.measure_id,
        linked.area_code,
        linked.period_start,
        linked.period_end,
        linked.breakdown_type,
        linked.breakdown_value,
        linked.denominator_id,
        linked.method_id,
        parts.note,
        linked.computed_status,
        linked.source_kind,
        case parts.part
            when 'numerator' then linked.numerator
            when 'denominator' then linked.denominator
        end as computed_value

    from {{ ref('published_figure_part') }} as parts
    inner join linked on parts.of_figure_id = linked.figure_id

),

changes as (

    select
        given.figure_id,
        given.denominator_id,
        given.method_id,
        given.note,
        new_values.source_kind,
        given.scale * case
            when broken.figure_id is not null then null
            when given.comparison = 'difference' then new_values.value - old_values.value
            when given.comparison = 'change_pct'
                then {{ rate('new_values.value - old_values.value', 'old_values.value', 100) }}
        end as computed_value,
        case
            when broken.figure_id is not null then 'not_comparable'
            when new_values.value is null then new_values.status
            when old_values.value is null then old_values.status
            else greatest(new_values.status, old_values.status)
        end as computed_status

    from {{ ref('published_figure_change') }} as given
    left join {{ ref('measure_value') }} as new_values
        on given.period_start = new_values.period_start
        and given.period_end = new_values.period_end
        and {{ is_in_series('given', 'new_values') }}
    left join {{ ref('measure_value') }} as old_values
        on given.reference_start = old_values.period_start
        and given.reference_end = old_values.period_end
        and {{ is_in_series('given', 'old_values') }}
    left join (
        select distinct compared.figure_id

        from {{ ref('published_figure_change') }} as compared
        inner join breaks on {{ is_about('breaks', 'compared') }}

        where breaks.break_date > compared.reference_start and breaks.break_date <= compared.period_end
    ) as broken
        on given.figure_id = broken.figure_id

),

-- rules that compare two periods of a series between which it broke
crossed as (

    select
        derivations.figure_id,
        breaks.break_date

    from derivations
    inner join linked on derivations.input_figure_id = linked.figure_id
    inner join breaks on {{ is_about('breaks', 'linked') }}

    where derivations.rule in ('pct_change', 'difference')

    group by derivations.figure_id, breaks.break_date
    having
        count(distinct linked.period_start) > 1
        and breaks.break_date > min(linked.period_start)
        and breaks.break_date <= max(linked.period_end)

),

broken as (

    select
        figure_id,
        min(break_date) as break_date

    from crossed

    group by figure_id

),

-- changes that the rule works out up to another period than the one that the figure is about
elsewhere as (

    select
        derivations.figure_id,
        min(inputs.period_start) as period_start,
        max(inputs.period_end) as period_end

    from derivations
    inner join figures on derivations.figure_id = figures.figure_id
    inner join figures as inputs on derivations.input_figure_id = inputs.figure_id

    where
        (
            (derivations.rule = 'pct_change' and derivations.role = 'new')
            or (derivations.rule = 'difference' and derivations.role = 'minuend')
        )
        and (figures.period_start <> inputs.period_start or figures.period_end <> inputs.period_end)

    group by derivations.figure_id

),

-- figures that the standard row holds
values_0 as (

    select
        figure_id,
        computed_value,
        ci_low,
        ci_high,
        computed_status,
        source_kind,
        denominator_id,
        method_id,
        input_tolerance,
        'link' as reached_by,
        note

    from linked

    union all

    select
        figure_id,
        computed_value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        computed_status,
        source_kind,
        denominator_id,
        method_id,
        0.0e0 as input_tolerance,
        'part' as reached_by,
        note

    from parts

    union all

    select
        figure_id,
        computed_value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        computed_status,
        source_kind,
        denominator_id,
        method_id,
        0.0e0 as input_tolerance,
        'change' as reached_by,
        note

    from changes

),

{% for level in range(1, levels + 1) %}
{%- set before = 'values_' ~ (level - 1) -%}
inputs_{{ level }} as (

    select
        derivations.figure_id,
        derivations.rule,
        derivations.role,
        0.0e0 as rounding,
        derivations.scale * case
            when derivations.input_figure_id is null then derivations.input_value
            when derivations.input_part = 'days' then figures.period_days
            else reached.computed_value
        end as value

    from derivations
    left join figures on derivations.input_figure_id = figures.figure_id
    left join {{ before }} as reached on derivations.input_figure_id = reached.figure_id
    left join {{ before }} as already on derivations.figure_id = already.figure_id

    where already.figure_id is null

),

totals_{{ level }} as (

    {{ derivation_totals('inputs_' ~ level) }}

),

-- final only when all of them are; synthetic when any of them is
kinds_{{ level }} as (

    select
        derivations.figure_id,
        max(reached.source_kind) as source_kind,
        max(reached.computed_status) as computed_status

    from derivations
    inner join {{ before }} as reached on derivations.input_figure_id = reached.figure_id

    group by derivations.figure_id

),

values_{{ level }} as (

    select * from {{ before }}

    union all

    select
        totals.figure_id,
        case
            when broken.figure_id is null and elsewhere.figure_id is null then {{ derived_value('totals') }}
        end as computed_value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        case
            when elsewhere.figure_id is not null then 'other_period'
            when broken.figure_id is not null then 'not_comparable'
            else kinds.computed_status
        end as computed_status,
        kinds.source_kind,
        cast(null as varchar) as denominator_id,
        cast(null as varchar) as method_id,
        0.0e0 as input_tolerance,
        'rule' as reached_by,
        case
            when elsewhere.figure_id is not null
                then concat(
                    'The newer figure of the rule is of ', cast(elsewhere.period_start as varchar), ' to ',
                    cast(elsewhere.period_end as varchar)
                )
            when broken.figure_id is not null
                then concat('The series broke on ', cast(broken.break_date as varchar))
        end as note

    from totals_{{ level }} as totals
    inner join kinds_{{ level }} as kinds on totals.figure_id = kinds.figure_id
    left join broken on totals.figure_id = broken.figure_id
    left join elsewhere on totals.figure_id = elsewhere.figure_id

    where totals.is_complete

),

{% endfor -%}

final as (

    select * from values_{{ levels }}

)

select * from final
