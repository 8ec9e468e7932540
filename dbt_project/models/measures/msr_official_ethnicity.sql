{# Stop and search, and use of force, by ethnic group in the Home Office's statistics: counts, rates and ratios by the
   rules of the search records. #}
{% set sources = {
    'home_office_stop_search': {
        'count': 'stop_search_count', 'rate': 'stop_search_rate', 'ratio': 'stop_search_disproportionality',
        'unknown': 'stop_search_ethnicity_unknown_share', 'event': 'people_searched',
    },
    'home_office_use_of_force_table': {
        'count': 'use_of_force_tactic_count', 'rate': 'use_of_force_tactic_rate', 'ratio': 'uof_disproportionality',
        'unknown': 'use_of_force_ethnicity_unknown_share', 'event': 'tactics',
    },
} %}
{% set treatments = [
    ('known_only', 'group_events', 'white_events'),
    ('bound_low', 'group_events', 'white_events + unknown_events'),
    ('bound_high', 'group_events + unknown_events', 'white_events'),
] %}

with

events as (
    {% for source, names in sources.items() %}
    select
        *,
        {%- for part, name in names.items() %}
        '{{ name }}' as {{ part }}_name{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ ref('int_official_ethnicity') }}

    where source_id = '{{ source }}'
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

residents as (

    select * from {{ ref('int_ethnic_population') }}

    union all

    -- England and Wales is all forces together
    select
        'K04000001' as area_code,
        denominator_id,
        ethnic_group,
        sum(population) as population

    from {{ ref('int_ethnic_population') }}

    group by denominator_id, ethnic_group

),

estimates as (

    select * from {{ ref('int_population') }}

),

officer_defined as (

    select * from {{ ref('officer_defined_ethnicity') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

censuses as (

    select distinct denominator_id from residents

),

-- officers' Mixed and Other have no census counterpart
placed as (

    select
        events.*,
        censuses.denominator_id,
        residents.population,
        white.events as white_events,
        white_residents.population as white_population

    from events
    cross join censuses
    left join officer_defined on events.ethnic_group = officer_defined.ethnic_group
    left join residents
        on events.area_code = residents.area_code
        and events.ethnic_group = residents.ethnic_group
        and censuses.denominator_id = residents.denominator_id
    left join events as white
        on events.source_id = white.source_id
        and events.area_code = white.area_code
        and events.period_start = white.period_start
        and white.ethnic_group = 'White'
    left join residents as white_residents
        on events.area_code = white_residents.area_code
        and white_residents.ethnic_group = 'White'
        and censuses.denominator_id = white_residents.denominator_id

    where
        events.ethnic_group <> 'unknown'
        and (events.breakdown_type = 'self_defined_ethnicity' or officer_defined.is_census_comparable)

),

counted as (

    select
        source_id,
        count_name as measure_id,
        concat('home_office_', count_name) as method_id,
        'count' as kind,
        area_code,
        period_start,
        period_end,
        case when ethnic_group is not null then breakdown_type end as breakdown_type,
        ethnic_group as breakdown_value,
        cast(events as double) as numerator,
        cast(null as double) as denominator,
        cast(null as varchar) as denominator_id,
        case when ethnic_group is not null then unknown_events end as n_unknown,
        false as is_provisional,
        source_kind,
        extract_ids

    from events

    union all

    select
        events.source_id,
        events.rate_name as measure_id,
        'home_office_per_1000_residents_per_financial_year' as method_id,
        'rate' as kind,
        events.area_code,
        events.period_start,
        events.period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        cast(events.events as double) as numerator,
        cast(estimates.population as double) as denominator,
        estimates.denominator_id,
        cast(null as bigint) as n_unknown,
        coalesce(estimates.is_carried_forward, false) as is_provisional,
        events.source_kind,
        events.extract_ids

    from events
    left join estimates
        on events.area_code = estimates.area_code
        and {{ middle_year('events.period_start', 'events.period_end') }} = estimates.year

    where
        events.ethnic_group is null
        and events.area_code <> 'K04000001'

    union all

    select
        source_id,
        rate_name as measure_id,
        'home_office_per_1000_residents_per_financial_year' as method_id,
        'rate' as kind,
        area_code,
        period_start,
        period_end,
        breakdown_type,
        ethnic_group as breakdown_value,
        cast(events as double) as numerator,
        cast(population as double) as denominator,
        denominator_id,
        unknown_events as n_unknown,
        false as is_provisional,
        source_kind,
        extract_ids

    from placed

    union all

    select
        source_id,
        unknown_name as measure_id,
        concat('home_office_ethnicity_unknown_of_', event_name) as method_id,
        'share' as kind,
        area_code,
        period_start,
        period_end,
        'ethnicity_basis' as breakdown_type,
        breakdown_type as breakdown_value,
        cast(case when people_events is not null then unknown_events end as double) as numerator,
        cast(people_events as double) as denominator,
        cast(null as varchar) as denominator_id,
        unknown_events as n_unknown,
        false as is_provisional,
        source_kind,
        extract_ids

    from events

    where ethnic_group is null

),

limited as (

    select
        counted.*,
        case
            when counted.numerator is null then 'not_supplied'
            when counted.kind = 'rate' and coalesce(counted.denominator, 0) = 0 then 'not_comparable'
            when counted.kind = 'share' and counted.denominator = 0 then 'below_minimum'
            when counted.is_provisional then 'provisional'
            else 'final'
        end as status,
        exact_limits.lower_95,
        exact_limits.upper_95

    from counted
    left join exact_limits on counted.numerator = exact_limits.event_count

),

treated as (
    {% for name, of_group, of_white in treatments %}
    select
        *,
        'home_office_rate_ratio_{{ name }}' as method_id,
        cast({{ of_group }} as double) as group_count,
        cast({{ of_white }} as double) as white_count,
        case
            when events is null or white_events is null then 'not_supplied'
            when population is null or white_population is null then 'not_comparable'
            when {{ enough_for_ratio('events', 'white_events', 'population', 'white_population') }} then 'final'
            else 'below_minimum'
        end as status

    from (select *, events as group_events from placed where ethnic_group <> 'White') as compared
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

ratios as (

    select
        *,
        {{ rate('group_count', 'population', 1000) }} as group_rate,
        {{ rate('white_count', 'white_population', 1000) }} as white_rate

    from treated

),

valued as (

    select
        *,
        case when status = 'final' then {{ rate('group_rate', 'white_rate', 1) }} end as ratio

    from ratios

),

final as (

    select
        measure_id,
        area_code,
        'fin_year' as period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits('kind') }},
        n_unknown,
        denominator_id,
        method_id,
        source_kind,
        source_id,
        status,
        extract_ids

    from limited

    union all

    select
        ratio_name as measure_id,
        area_code,
        'fin_year' as period_type,
        period_start,
        period_end,
        breakdown_type,
        ethnic_group as breakdown_value,
        group_rate as numerator,
        white_rate as denominator,
        cast(1 as double) as multiplier,
        ratio as value,
        cast({{ rate_ratio_low('ratio', 'group_count', 'white_count') }} as double) as ci_low,
        cast({{ rate_ratio_high('ratio', 'group_count', 'white_count') }} as double) as ci_high,
        case when ratio is not null then 'log_ratio_95' end as ci_method,
        unknown_events as n_unknown,
        denominator_id,
        method_id,
        source_kind,
        source_id,
        status,
        extract_ids

    from valued

)

select * from final
