{# Who works for the police: women in the Home Office's open data, ethnic groups in returns, and these beside the census. #}
{% set workforce = "'police officer', 'police staff', 'police community support officer', 'designated officer'" %}
{% set not_told = "'Not stated', 'Prefer not to say'" %}

with

workers as (

    select * from {{ ref('stg_home_office_workforce') }}

),

returned as (

    select *

    from {{ ref('msr_returned') }}

    where
        measure_id = 'workforce_representation'
        and breakdown_type = 'ethnicity'

),

areas as (

    select * from {{ ref('int_area_name') }}

),

residents as (

    select * from {{ ref('int_ethnic_population') }}

),

markers as (

    select * from {{ ref('official_marker') }} where source = 'home_office_workforce'

),

extracts as (

    select * from {{ source('ops', 'extract') }} where source = 'home_office_workforce'

),

lines as (
    {% for type, value, only in [
        ('sex', "'Female'", 'worker_type in (' ~ workforce ~ ')'),
        ('sex_role', "concat('Female, ', worker_type)", 'true'),
        ('sex_rank', "concat('Female, ', rank)", "worker_type = 'police officer'"),
    ] %}
    select
        *,
        '{{ type }}' as breakdown_type,
        {{ value }} as breakdown_value

    from workers

    where {{ only }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

-- a number that is not known makes the share unknown
women as (

    select
        coalesce(areas.area_code, lines.area_code) as area_code,
        lines.snapshot_date,
        lines.breakdown_type,
        lines.breakdown_value,
        sum(case when lines.sex = 'Female' then lines.headcount else 0 end) as numerator,
        sum(case when lines.sex not in ({{ not_told }}) then lines.headcount else 0 end) as denominator,
        sum(case when lines.sex in ({{ not_told }}) then lines.headcount else 0 end) as n_unknown,
        max(case when lines.headcount is null then coalesce(markers.status, 'not_supplied') end) as reason,
        max(case when extracts.is_sample then 1 else 0 end) as is_synthetic,
        {{ sorted_list('lines.extract_id') }} as extract_ids

    from lines
    left join areas on lines.force_name = areas.area_name
    left join markers on lines.headcount_marker = markers.marker
    left join extracts on lines.extract_id = extracts.extract_id

    group by 1, 2, 3, 4

),

returned_groups as (

    select
        area_code,
        period_start as snapshot_date,
        breakdown_value,
        numerator,
        denominator,
        status,
        source_kind,
        extract_ids

    from returned

    where breakdown_value <> 'Unknown'

    union all

    -- whoever is known and not White
    select
        area_code,
        period_start as snapshot_date,
        'Ethnic minority' as breakdown_value,
        denominator - numerator as numerator,
        denominator,
        status,
        source_kind,
        extract_ids

    from returned

    where breakdown_value = 'White'

),

shares as (

    select
        area_code,
        snapshot_date,
        breakdown_type,
        breakdown_value,
        cast(numerator as double) as numerator,
        cast(denominator as double) as denominator,
        cast(n_unknown as bigint) as n_unknown,
        'female_of_known_sex' as method_id,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        'home_office_workforce' as source_id,
        case
            when reason is not null then reason
            when denominator = 0 then 'below_minimum'
            else 'final'
        end as status,
        extract_ids

    from women

    union all

    select
        area_code,
        snapshot_date,
        'ethnicity' as breakdown_type,
        breakdown_value,
        numerator,
        denominator,
        cast(null as bigint) as n_unknown,
        'ethnic_minority_of_known_ethnicity' as method_id,
        case when source_kind = 'synthetic' then 'synthetic' else 'computed' end as source_kind,
        'performance_return' as source_id,
        case when status in ('final', 'provisional') and denominator = 0 then 'below_minimum' else status end as status,
        extract_ids

    from returned_groups

    where breakdown_value = 'Ethnic minority'

),

-- residents of a group, and all residents
populations as (

    select
        area_code,
        denominator_id,
        ethnic_group,
        cast(population as double) as group_population,
        cast(sum(population) over (partition by area_code, denominator_id) as double) as population

    from residents

    union all

    select
        area_code,
        denominator_id,
        'Ethnic minority' as ethnic_group,
        cast(sum(case when ethnic_group <> 'White' then population else 0 end) as double) as group_population,
        cast(sum(population) as double) as population

    from residents

    group by area_code, denominator_id

),

beside as (

    select
        returned_groups.area_code,
        returned_groups.snapshot_date,
        returned_groups.breakdown_value,
        returned_groups.numerator,
        returned_groups.denominator,
        returned_groups.source_kind,
        returned_groups.extract_ids,
        populations.denominator_id,
        populations.group_population,
        populations.population,
        {{ rate('returned_groups.numerator', 'returned_groups.denominator', 100) }} as workforce_share,
        {{ rate('populations.group_population', 'populations.population', 100) }} as population_share,
        case
            when returned_groups.status not in ('final', 'provisional') then returned_groups.status
            when returned_groups.denominator = 0 then 'below_minimum'
            when coalesce(populations.group_population, 0) = 0 then 'not_comparable'
            else returned_groups.status
        end as status

    from returned_groups
    cross join (select distinct denominator_id from residents) as censuses
    left join populations
        on returned_groups.area_code = populations.area_code
        and returned_groups.breakdown_value = populations.ethnic_group
        and censuses.denominator_id = populations.denominator_id

),

compared as (

    select
        *,
        case when status in ('final', 'provisional') then workforce_share - population_share end as gap,
        case
            when status in ('final', 'provisional') then {{ rate('workforce_share', 'population_share', 1) }}
        end as ratio

    from beside

),

final as (

    select
        'workforce_representation' as measure_id,
        area_code,
        'snapshot' as period_type,
        snapshot_date as period_start,
        snapshot_date as period_end,
        breakdown_type,
        breakdown_value,
        case when status in ('final', 'provisional', 'below_minimum') then numerator end as numerator,
        case when status in ('final', 'provisional', 'below_minimum') then denominator end as denominator,
        {{ value_and_limits("'share'", given="status in ('final', 'provisional')", counts=false) }},
        case when status in ('final', 'provisional', 'below_minimum') then n_unknown end as n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        source_id,
        status,
        extract_ids

    from shares

    union all

    select
        'workforce_representation_gap' as measure_id,
        area_code,
        'snapshot' as period_type,
        snapshot_date as period_start,
        snapshot_date as period_end,
        'ethnicity' as breakdown_type,
        breakdown_value,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        cast(1 as double) as multiplier,
        gap as value,
        case
            when gap is not null then 100 * {{ proportion_difference_low(
                'numerator', 'denominator', 'group_population', 'population'
            ) }}
        end as ci_low,
        case
            when gap is not null then 100 * {{ proportion_difference_high(
                'numerator', 'denominator', 'group_population', 'population'
            ) }}
        end as ci_high,
        case when gap is not null then 'newcombe_95' end as ci_method,
        cast(null as bigint) as n_unknown,
        denominator_id,
        'workforce_share_less_population_share' as method_id,
        case when source_kind = 'synthetic' then 'synthetic' else 'computed' end as source_kind,
        'performance_return' as source_id,
        status,
        extract_ids

    from compared

    union all

    -- both shares stand in the row: that of the workforce over that of the residents
    select
        'workforce_representation_ratio' as measure_id,
        area_code,
        'snapshot' as period_type,
        snapshot_date as period_start,
        snapshot_date as period_end,
        'ethnicity' as breakdown_type,
        breakdown_value,
        case when ratio is not null then workforce_share end as numerator,
        case when ratio is not null then population_share end as denominator,
        cast(1 as double) as multiplier,
        ratio as value,
        cast({{ rate_ratio_low('ratio', 'numerator', 'group_population') }} as double) as ci_low,
        cast({{ rate_ratio_high('ratio', 'numerator', 'group_population') }} as double) as ci_high,
        case when ratio > 0 then 'log_ratio_95' end as ci_method,
        cast(null as bigint) as n_unknown,
        denominator_id,
        'workforce_share_over_population_share' as method_id,
        case when source_kind = 'synthetic' then 'synthetic' else 'computed' end as source_kind,
        'performance_return' as source_id,
        status,
        extract_ids

    from compared

)

select * from final
