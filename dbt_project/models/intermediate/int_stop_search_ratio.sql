{# For each treatment of searches of unknown ethnicity: the searches counted for the group and for White
   people, the recorded searches behind them, which decide whether the numbers suffice, and the searches
   whose ethnicity is unknown all the same. #}
{% set treatments = [
    {'name': 'known_only', 'group': 'group_searches', 'white': 'white_searches',
     'group_recorded': 'group_searches', 'white_recorded': 'white_searches', 'unknown': 'searches_unknown'},
    {'name': 'officer_fill', 'group': 'group_officer_fill', 'white': 'white_officer_fill',
     'group_recorded': 'group_officer_fill', 'white_recorded': 'white_officer_fill', 'unknown': 'unknown_after_fill'},
    {'name': 'pro_rata', 'group': 'group_pro_rata', 'white': 'white_pro_rata',
     'group_recorded': 'group_searches', 'white_recorded': 'white_searches', 'unknown': 'searches_unknown'},
    {'name': 'bound_low', 'group': 'group_searches', 'white': 'white_searches + searches_unknown',
     'group_recorded': 'group_searches', 'white_recorded': 'white_searches', 'unknown': 'searches_unknown'},
    {'name': 'bound_high', 'group': 'group_searches + searches_unknown', 'white': 'white_searches',
     'group_recorded': 'group_searches', 'white_recorded': 'white_searches', 'unknown': 'searches_unknown'},
] %}

with

periods as (

    select * from {{ ref('int_stop_search_period') }}

),

populations as (

    select * from {{ ref('int_ethnic_population') }}

),

officer_defined as (

    select * from {{ ref('officer_defined_ethnicity') }}

),

censuses as (

    select distinct denominator_id from populations

),

-- officers' Mixed and Other have no census counterpart, so there is no ratio for them
compared as (

    select periods.*

    from periods
    left join officer_defined on periods.breakdown_value = officer_defined.ethnic_group

    where
        periods.breakdown_value not in ('White', 'unknown')
        and (
            periods.breakdown_type = 'self_defined_ethnicity'
            or (periods.breakdown_type = 'officer_defined_ethnicity' and officer_defined.is_census_comparable)
        )

),

white as (

    select * from periods where breakdown_value = 'White'

),

totals as (

    select * from periods where breakdown_type is null

),

paired as (

    select
        compared.area_code,
        compared.period_type,
        compared.period_start,
        compared.period_end,
        compared.breakdown_type,
        compared.breakdown_value,
        compared.status,
        compared.source_kind,
        compared.extract_ids,
        totals.person_searches as people_searched,
        compared.searches_unknown,
        compared.unknown_after_fill,
        officer_white.searches as officer_white_searches,
        compared.searches as group_searches,
        compared.searches_officer_fill as group_officer_fill,
        compared.searches_pro_rata as group_pro_rata,
        white.searches as white_searches,
        white.searches_officer_fill as white_officer_fill,
        white.searches_pro_rata as white_pro_rata

    from compared
    inner join white
        on compared.area_code = white.area_code
        and compared.period_type = white.period_type
        and compared.period_start = white.period_start
        and compared.breakdown_type = white.breakdown_type
    left join white as officer_white
        on compared.area_code = officer_white.area_code
        and compared.period_type = officer_white.period_type
        and compared.period_start = officer_white.period_start
        and officer_white.breakdown_type = 'officer_defined_ethnicity'
    left join totals
        on compared.area_code = totals.area_code
        and compared.period_type = totals.period_type
        and compared.period_start = totals.period_start

),

treated as (
    {% for treatment in treatments %}
    select
        *,
        'rate_ratio_{{ treatment.name }}' as method_id,
        cast({{ treatment.group }} as double) as group_count,
        cast({{ treatment.white }} as double) as white_count,
        {{ treatment.group_recorded }} as group_recorded,
        {{ treatment.white_recorded }} as white_recorded,
        {{ treatment.unknown }} as n_unknown

    from paired
    {% if treatment.name == 'officer_fill' %}
    -- the officer's own view has nothing to be filled from
    where breakdown_type = 'self_defined_ethnicity'
    {% endif %}
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

placed as (

    select
        treated.*,
        censuses.denominator_id,
        group_populations.population as group_population,
        white_populations.population as white_population,
        {{ rate('treated.group_count', 'group_populations.population', 1000) }} as group_rate,
        {{ rate('treated.white_count', 'white_populations.population', 1000) }} as white_rate

    from treated
    cross join censuses
    left join populations as group_populations
        on treated.area_code = group_populations.area_code
        and censuses.denominator_id = group_populations.denominator_id
        and treated.breakdown_value = group_populations.ethnic_group
    left join populations as white_populations
        on treated.area_code = white_populations.area_code
        and censuses.denominator_id = white_populations.denominator_id
        and white_populations.ethnic_group = 'White'

),

judged as (

    select
        *,
        case
            when status <> 'final' then status
            when group_population is null or white_population is null then 'not_comparable'
            -- officers who record nobody as White lift the other groups only
            when method_id = 'rate_ratio_officer_fill' and coalesce(officer_white_searches, 0) = 0
                then 'not_comparable'
            when {{ enough_for_ratio('group_recorded', 'white_recorded', 'group_population', 'white_population') }}
                then 'final'
            else 'below_minimum'
        end as ratio_status,
        -- searches shared out pro rata are no evidence: the interval rests on the recorded ones
        case when method_id = 'rate_ratio_pro_rata' then group_recorded else group_count end as group_events,
        case when method_id = 'rate_ratio_pro_rata' then white_recorded else white_count end as white_events

    from placed

),

valued as (

    select
        *,
        case when ratio_status = 'final' then {{ rate('group_rate', 'white_rate', 1) }} end as value

    from judged

),

final as (

    select
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        denominator_id,
        method_id,
        group_count,
        white_count,
        group_recorded,
        white_recorded,
        group_population,
        white_population,
        group_rate,
        white_rate,
        value,
        cast({{ rate_ratio_low('value', 'group_events', 'white_events') }} as double) as ci_low,
        cast({{ rate_ratio_high('value', 'group_events', 'white_events') }} as double) as ci_high,
        people_searched,
        n_unknown,
        {{ rate('n_unknown', 'people_searched', 100) }} as unknown_share_pct,
        source_kind,
        ratio_status as status,
        extract_ids

    from valued

)

select * from final
