{% set period = 'area_code, period_type, period_start, period_end, status, source_kind, extract_ids' %}
{# Where nobody is recorded as White though searches have no group, the force does not record groups as such, and nobody
   recorded of a group is no zero. #}
{% set recorded = 'case when searches > 0 or white_searches > 0 or searches_unknown = 0 or white_searches is null then searches end' %}

with

periods as (

    select
        *,
        case
            when breakdown_type in ('self_defined_ethnicity', 'officer_defined_ethnicity')
                then sum(case when breakdown_value = 'White' then searches else 0 end)
                    over (partition by area_code, period_type, period_start, breakdown_type)
        end as white_searches

    from {{ ref('int_stop_search_period') }}

),

populations as (

    select * from {{ ref('int_population') }}

),

ethnic_populations as (

    select * from {{ ref('int_ethnic_population') }}

),

officer_defined as (

    select * from {{ ref('officer_defined_ethnicity') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

totals as (

    select * from periods where breakdown_type is null

),

censuses as (

    select distinct denominator_id from ethnic_populations

),

counts as (

    select
        {{ period }},
        'stop_search_count' as measure_id,
        'stop_search_count' as method_id,
        breakdown_type,
        breakdown_value,
        {{ recorded }} as numerator,
        cast(null as bigint) as denominator,
        cast(null as varchar) as denominator_id,
        case when breakdown_type is not null then searches_unknown end as n_unknown,
        false as is_provisional,
        'count' as kind

    from periods

),

rates as (

    select
        totals.area_code,
        totals.period_type,
        totals.period_start,
        totals.period_end,
        totals.status,
        totals.source_kind,
        totals.extract_ids,
        'stop_search_rate' as measure_id,
        'stop_search_per_1000_residents' as method_id,
        totals.breakdown_type,
        totals.breakdown_value,
        totals.searches as numerator,
        populations.population as denominator,
        populations.denominator_id,
        cast(null as bigint) as n_unknown,
        -- the estimate of an earlier year stands in until this year's is published
        coalesce(populations.is_carried_forward, false) as is_provisional,
        'rate' as kind

    from totals
    left join populations
        on totals.area_code = populations.area_code
        and {{ middle_year('totals.period_start', 'totals.period_end') }} = populations.year

),

ethnic_rates as (

    select
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.status,
        periods.source_kind,
        periods.extract_ids,
        'stop_search_rate' as measure_id,
        'stop_search_per_1000_residents' as method_id,
        periods.breakdown_type,
        periods.breakdown_value,
        {{ recorded }} as numerator,
        -- officers' Mixed and Other have no census counterpart
        case
            when periods.breakdown_type = 'self_defined_ethnicity' or officer_defined.is_census_comparable
                then ethnic_populations.population
        end as denominator,
        censuses.denominator_id,
        periods.searches_unknown as n_unknown,
        false as is_provisional,
        'rate' as kind

    from periods
    cross join censuses
    left join ethnic_populations
        on periods.area_code = ethnic_populations.area_code
        and periods.breakdown_value = ethnic_populations.ethnic_group
        and censuses.denominator_id = ethnic_populations.denominator_id
    left join officer_defined on periods.breakdown_value = officer_defined.ethnic_group

    where
        periods.breakdown_type in ('self_defined_ethnicity', 'officer_defined_ethnicity')
        and periods.breakdown_value <> 'unknown'

),

positive_rates as (
    {% for method, denominator in [
        ('positive_blank_excluded', 'searches - outcome_blank'), ('positive_blank_as_no_action', 'searches')
    ] %}
    select
        {{ period }},
        'stop_search_positive_rate' as measure_id,
        '{{ method }}' as method_id,
        breakdown_type,
        breakdown_value,
        positive as numerator,
        {{ denominator }} as denominator,
        cast(null as varchar) as denominator_id,
        outcome_blank as n_unknown,
        false as is_provisional,
        'share' as kind

    from periods

    where
        breakdown_type is null
        or breakdown_type in ('self_defined_ethnicity', 'object_of_search')
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

object_linked_rates as (

    select
        {{ period }},
        'stop_search_object_linked_rate' as measure_id,
        'object_linked_blank_excluded' as method_id,
        breakdown_type,
        breakdown_value,
        linked as numerator,
        searches - linked_blank as denominator,
        cast(null as varchar) as denominator_id,
        linked_blank as n_unknown,
        false as is_provisional,
        'share' as kind

    from periods

    where
        breakdown_type is null
        or breakdown_type in ('self_defined_ethnicity', 'object_of_search')

),

-- a vehicle has no gender: what is asked of people is judged on searches of people, the whole column beside it
completeness as (
    {% for field in ['self_defined_ethnicity', 'officer_defined_ethnicity', 'gender', 'age_range'] %}
    {% set field_loop = loop %}
    {% for method, suffix, denominator in [
        ('filled_of_people_searched', '_people', 'person_searches'), ('filled_of_all_searches', '', 'searches')
    ] %}
    {% set filled = field | replace('_ethnicity', '') ~ '_filled' ~ suffix %}
    select
        {{ period }},
        'stop_search_completeness' as measure_id,
        '{{ method }}' as method_id,
        'field' as breakdown_type,
        '{{ field }}' as breakdown_value,
        {{ filled }} as numerator,
        {{ denominator }} as denominator,
        cast(null as varchar) as denominator_id,
        {{ denominator }} - {{ filled }} as n_unknown,
        false as is_provisional,
        'share' as kind

    from totals

    where has_breakdowns
    {% if not (field_loop.last and loop.last) %}
    union all
    {% endif %}
    {%- endfor %}{% endfor %}
),

unknown_shares as (
    {% for basis, unknown in [
        ('self_defined_ethnicity', 'self_defined_unknown'),
        ('officer_defined_ethnicity', 'officer_defined_unknown'),
        ('self_defined_officer_fill', 'both_unknown'),
    ] %}
    select
        {{ period }},
        'stop_search_ethnicity_unknown_share' as measure_id,
        'ethnicity_unknown_of_people_searched' as method_id,
        'ethnicity_basis' as breakdown_type,
        '{{ basis }}' as breakdown_value,
        {{ unknown }} as numerator,
        person_searches as denominator,
        cast(null as varchar) as denominator_id,
        {{ unknown }} as n_unknown,
        false as is_provisional,
        'share' as kind

    from totals

    where has_breakdowns
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

measured as (
    {% for branch in [
        'counts', 'rates', 'ethnic_rates', 'positive_rates', 'object_linked_rates', 'completeness',
        'unknown_shares'
    ] %}
    select * from {{ branch }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

judged as (

    select
        measured.measure_id,
        measured.area_code,
        measured.period_type,
        measured.period_start,
        measured.period_end,
        measured.breakdown_type,
        measured.breakdown_value,
        cast(measured.numerator as double) as numerator,
        cast(measured.denominator as double) as denominator,
        measured.n_unknown,
        measured.denominator_id,
        case
            when measured.kind = 'rate' then concat(
                measured.method_id,
                case measured.period_type
                    when 'month' then '_per_month'
                    when 'rolling_12m' then '_per_12_months'
                    when 'fin_year' then '_per_financial_year'
                end
            )
            else measured.method_id
        end as method_id,
        measured.source_kind,
        measured.extract_ids,
        measured.kind,
        case
            when measured.status <> 'final' then measured.status
            when measured.kind in ('count', 'rate') and measured.numerator is null then 'not_collected'
            -- no residents to compare with: British Transport Police, or a group the census does not have
            when measured.kind = 'rate' and coalesce(measured.denominator, 0) = 0 then 'not_comparable'
            -- searches without a single answer in the field, as opposed to no searches at all
            when measured.kind = 'share' and measured.denominator = 0 and measured.n_unknown > 0
                then 'not_collected'
            when measured.kind = 'share' and measured.denominator = 0 then 'below_minimum'
            when measured.is_provisional then 'provisional'
            else 'final'
        end as status,
        exact_limits.lower_95,
        exact_limits.upper_95

    from measured
    left join exact_limits on measured.numerator = exact_limits.event_count

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
        denominator_id,
        method_id,
        source_kind,
        'police_uk_stop_search' as source_id,
        status,
        extract_ids

    from judged

)

select * from final
