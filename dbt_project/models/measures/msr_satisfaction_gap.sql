{# Differences of victim satisfaction: between ethnic groups, and of a unit or offence group from the rest of the force.
   A group of fewer than 30 valid answers is compared with nothing. #}
{% set minimum_answers = 30 %}
{% set period = 'area_code, mode, period_type, period_start, period_end' %}

with

satisfaction as (

    select
        *,
        replace(method_id, 'satisfied_of_valid_answers_', '') as mode

    from {{ ref('msr_victim_satisfaction') }}

    where
        measure_id = 'victim_satisfaction_overall'
        and period_type <> 'month'

),

totals as (

    select * from satisfaction where breakdown_type is null

),

ethnic_groups as (

    select * from satisfaction where breakdown_type = 'ethnic_group'

),

ethnic_sums as (

    select
        {{ period }},
        sum(case when breakdown_value = 'White' then numerator end) as white_satisfied,
        sum(case when breakdown_value = 'White' then denominator end) as white_answered,
        sum(case when breakdown_value not in ('White', 'unknown') then numerator end) as minority_satisfied,
        sum(case when breakdown_value not in ('White', 'unknown') then denominator end) as minority_answered,
        sum(case when breakdown_value = 'unknown' then denominator end) as unknown_answered,
        count(case when breakdown_value <> 'unknown' and denominator >= {{ minimum_answers }} then 1 end) as groups_shown,
        max(case when breakdown_value <> 'unknown' and denominator >= {{ minimum_answers }} then value end) as highest,
        min(case when breakdown_value <> 'unknown' and denominator >= {{ minimum_answers }} then value end) as lowest

    from ethnic_groups

    group by {{ period }}

),

pairs as (

    select
        'victim_satisfaction_gap' as measure_id,
        'white_less_ethnic_minority' as method,
        totals.area_code,
        totals.mode,
        totals.period_type,
        totals.period_start,
        totals.period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        ethnic_sums.white_satisfied as x1,
        ethnic_sums.white_answered as n1,
        ethnic_sums.minority_satisfied as x2,
        ethnic_sums.minority_answered as n2,
        ethnic_sums.unknown_answered as n_unknown,
        totals.status,
        totals.source_kind,
        totals.extract_ids

    from totals
    inner join ethnic_sums
        on totals.area_code = ethnic_sums.area_code
        and totals.mode = ethnic_sums.mode
        and totals.period_type = ethnic_sums.period_type
        and totals.period_start = ethnic_sums.period_start

    union all

    select
        'victim_satisfaction_gap' as measure_id,
        'white_less_group' as method,
        ethnic_groups.area_code,
        ethnic_groups.mode,
        ethnic_groups.period_type,
        ethnic_groups.period_start,
        ethnic_groups.period_end,
        ethnic_groups.breakdown_type,
        ethnic_groups.breakdown_value,
        ethnic_sums.white_satisfied as x1,
        ethnic_sums.white_answered as n1,
        ethnic_groups.numerator as x2,
        ethnic_groups.denominator as n2,
        ethnic_sums.unknown_answered as n_unknown,
        ethnic_groups.status,
        ethnic_groups.source_kind,
        ethnic_groups.extract_ids

    from ethnic_groups
    inner join ethnic_sums
        on ethnic_groups.area_code = ethnic_sums.area_code
        and ethnic_groups.mode = ethnic_sums.mode
        and ethnic_groups.period_type = ethnic_sums.period_type
        and ethnic_groups.period_start = ethnic_sums.period_start

    where ethnic_groups.breakdown_value not in ('White', 'unknown')

    union all

    -- the group is taken out of the force, so that nobody is compared with himself
    select
        'victim_satisfaction_difference' as measure_id,
        'group_less_rest_of_force' as method,
        parts.area_code,
        parts.mode,
        parts.period_type,
        parts.period_start,
        parts.period_end,
        parts.breakdown_type,
        parts.breakdown_value,
        parts.numerator as x1,
        parts.denominator as n1,
        totals.numerator - parts.numerator as x2,
        totals.denominator - parts.denominator as n2,
        cast(null as double) as n_unknown,
        parts.status,
        parts.source_kind,
        parts.extract_ids

    from satisfaction as parts
    inner join totals
        on parts.area_code = totals.area_code
        and parts.mode = totals.mode
        and parts.period_type = totals.period_type
        and parts.period_start = totals.period_start

    where
        parts.breakdown_type in ('neighbourhood_unit', 'offence_group')
        and parts.breakdown_value <> 'unknown'

),

compared as (

    select
        *,
        case
            when status not in ('final', 'below_minimum') then status
            when coalesce(n1, 0) < {{ minimum_answers }} or coalesce(n2, 0) < {{ minimum_answers }} then 'below_minimum'
            else 'final'
        end as pair_status

    from pairs

),

measured as (

    select
        measure_id,
        method,
        {{ period }},
        breakdown_type,
        breakdown_value,
        case
            when pair_status = 'final' then {{ rate('x1', 'n1', 100) }} - {{ rate('x2', 'n2', 100) }}
        end as value,
        case when pair_status = 'final' then 100 * {{ proportion_difference_low('x1', 'n1', 'x2', 'n2') }} end as ci_low,
        case when pair_status = 'final' then 100 * {{ proportion_difference_high('x1', 'n1', 'x2', 'n2') }} end as ci_high,
        case when pair_status = 'final' then 'newcombe_95' end as ci_method,
        case when pair_status = 'final' then n_unknown end as n_unknown,
        pair_status as status,
        source_kind,
        extract_ids

    from compared

    union all

    -- of many small groups the highest and the lowest lie far apart by chance alone, so no interval is claimed
    select
        'victim_satisfaction_gap' as measure_id,
        'highest_less_lowest_group' as method,
        totals.area_code,
        totals.mode,
        totals.period_type,
        totals.period_start,
        totals.period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        case
            when totals.status = 'final' and ethnic_sums.groups_shown >= 2 then ethnic_sums.highest - ethnic_sums.lowest
        end as value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(null as varchar) as ci_method,
        case when totals.status = 'final' and ethnic_sums.groups_shown >= 2 then ethnic_sums.unknown_answered end
            as n_unknown,
        case
            when totals.status = 'final' and ethnic_sums.groups_shown < 2 then 'below_minimum' else totals.status
        end as status,
        totals.source_kind,
        totals.extract_ids

    from totals
    inner join ethnic_sums
        on totals.area_code = ethnic_sums.area_code
        and totals.mode = ethnic_sums.mode
        and totals.period_type = ethnic_sums.period_type
        and totals.period_start = ethnic_sums.period_start

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
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(1 as double) as multiplier,
        value,
        ci_low,
        ci_high,
        ci_method,
        cast(n_unknown as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        concat(method, '_', mode) as method_id,
        source_kind,
        'victim_survey' as source_id,
        status,
        extract_ids

    from measured

)

select * from final
