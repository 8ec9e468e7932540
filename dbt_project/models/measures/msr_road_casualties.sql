{% set road_classes = ['motorway', 'a_m', 'motorway_and_a_m', 'other'] %}
{% set tallies %}
        count(*) as casualties,
        count(case when is_ksi then 1 end) as ksi,
        count(distinct case when is_ksi then collision_index end) as ksi_collisions,
        count(case when severity is null then 1 end) as severity_unknown,
        -- decimals add up to the same in any order, floating-point numbers do not
        count(case when severity = 'fatal' then 1 end)
        + coalesce(cast(sum(cast(adjusted_serious as decimal(38, 12))) as double), 0) as ksi_adjusted,
        count(case when severity is distinct from 'fatal' and adjusted_serious is null then 1 end) as adjustment_unknown,
        count(case when road_class_group is null and is_ksi then 1 end) as road_class_unknown,
        count(case when has_collision then 1 end) as with_collision,
        count(case when is_force_from_reference then 1 end) as force_from_reference
{% endset %}

with

casualties as (

    select * from {{ ref('int_road_casualty') }} where area_code is not null

),

extracts as (

    select *
    from {{ source('ops', 'extract') }}
    where
        source in ('stats19_casualty', 'stats19_collision', 'stats19_casualty_adjustment')
        and status = 'loaded'

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

tallied as (

    select
        area_code,
        period_start,
        cast(null as varchar) as road_class,
{{ tallies }}
    from casualties

    group by area_code, period_start

    union all

    select
        area_code,
        period_start,
        road_class_group as road_class,
{{ tallies }}
    from casualties

    where road_class_group is not null
    group by area_code, period_start, road_class_group

    union all

    -- what plans call motorways; the two stand apart too, so it is no part of the sum
    select
        area_code,
        period_start,
        'motorway_and_a_m' as road_class,
{{ tallies }}
    from casualties

    where road_class_group in ('motorway', 'a_m')
    group by area_code, period_start

),

totals as (

    select * from tallied where road_class is null

),

months as (
    {{ month_series('(select min(period_start) from casualties)', '(select max(period_start) from casualties)') }}
),

supplied as (

    select
        period_start,
        {{ sorted_list("case when source <> 'stats19_casualty_adjustment' then extract_id end") }} as extract_ids,
        {{ sorted_list('extract_id') }} as extract_ids_adjusted,
        max(case when is_sample and source <> 'stats19_casualty_adjustment' then 1 else 0 end) as is_synthetic,
        max(case when is_sample then 1 else 0 end) as is_synthetic_adjusted

    from extracts

    group by period_start

),

road_classes as (

    select cast(null as varchar) as road_class
    {%- for road_class in road_classes %}

    union all

    select '{{ road_class }}' as road_class
    {%- endfor %}

),

-- no force has a year without a casualty: one that is not in a year's file did not supply
force_years as (

    select
        forces.area_code,
        months.month as period_start,
        road_classes.road_class,
        case
            when totals.casualties is null then 'not_supplied'
            -- the collision file is not loaded, and it alone knows the road
            when road_classes.road_class is not null and totals.with_collision = 0 then 'not_supplied'
            when totals.force_from_reference > 0 then 'provisional'
            else 'final'
        end as status,
        totals.severity_unknown,
        totals.adjustment_unknown,
        totals.road_class_unknown,
        {% for tally in ['ksi', 'ksi_collisions', 'ksi_adjusted'] %}
        case when totals.casualties > 0 then coalesce(tallied.{{ tally }}, 0) end as {{ tally }},
        {% endfor %}
        coalesce(supplied.extract_ids, {{ list_of('cast(null as varchar)') }}) as extract_ids,
        coalesce(supplied.extract_ids_adjusted, {{ list_of('cast(null as varchar)') }}) as extract_ids_adjusted,
        case when supplied.is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        case when supplied.is_synthetic_adjusted = 1 then 'synthetic' else 'computed' end as source_kind_adjusted

    from (select distinct area_code from totals) as forces
    cross join months
    cross join road_classes
    left join totals
        on forces.area_code = totals.area_code
        and months.month = totals.period_start
    left join tallied
        on forces.area_code = tallied.area_code
        and months.month = tallied.period_start
        and road_classes.road_class is not distinct from tallied.road_class
    left join supplied on totals.period_start = supplied.period_start

    where extract(month from months.month) = 1

),

measured as (
    {% for measure, tally in [('ksi_casualties', 'ksi'), ('ksi_collision_count', 'ksi_collisions')] %}
    select
        '{{ measure }}' as measure_id,
        'ksi_reported' as method_id,
        area_code,
        period_start,
        road_class,
        {{ tally }} as tally,
        case when road_class is null then severity_unknown else road_class_unknown end as n_unknown,
        status,
        source_kind,
        extract_ids

    from force_years

    union all

    {% endfor -%}
    select
        'ksi_casualties' as measure_id,
        'ksi_adjusted' as method_id,
        area_code,
        period_start,
        road_class,
        ksi_adjusted as tally,
        case when road_class is null then adjustment_unknown else road_class_unknown end as n_unknown,
        case when adjustment_unknown > 0 then 'not_supplied' else status end as status,
        source_kind_adjusted as source_kind,
        extract_ids_adjusted as extract_ids

    from force_years

),

valued as (

    select
        *,
        case when status in ('final', 'provisional') then cast(tally as double) end as value

    from measured

),

limited as (

    select
        valued.*,
        cast({{ poisson_low('valued.value', 'exact_limits.lower_95') }} as double) as ci_low,
        cast({{ poisson_high('valued.value', 'exact_limits.upper_95') }} as double) as ci_high

    from valued
    left join exact_limits on valued.value = exact_limits.event_count

),

final as (

    select
        measure_id,
        area_code,
        'cal_year' as period_type,
        period_start,
        {{ month_end(add_months('period_start', 11)) }} as period_end,
        case when road_class is not null then 'road_class' end as breakdown_type,
        road_class as breakdown_value,
        value as numerator,
        cast(null as double) as denominator,
        cast(1 as double) as multiplier,
        value,
        ci_low,
        ci_high,
        {{ poisson_method('value') }} as ci_method,
        cast(n_unknown as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        'stats19_casualty' as source_id,
        status,
        extract_ids

    from limited

)

select * from final
