{# Crimes of the street files beside recorded crime of the Home Office. The street files leave out crimes without a
   place and are not corrected afterwards, so a gap is expected; a large one says which file to look into. #}
with

measure_values as (

    select * from {{ ref('measure_value') }}

),

pairs as (

    select
        crime_type,
        measure_id,
        count(*) over (partition by crime_type) as part_count

    from {{ ref('street_official_group') }}

    union all

    select
        cast(null as varchar) as crime_type,
        'total_recorded_crime_count' as measure_id,
        1 as part_count

),

months as (

    select * from {{ ref('dim_month') }}

),

forces as (

    select * from {{ ref('dim_force') }}

),

official as (

    select
        measure_values.area_code,
        measure_values.period_start as quarter_start,
        measure_values.period_end as quarter_end,
        pairs.crime_type,
        -- a type of which a part has no value has none
        case when count(measure_values.value) = max(pairs.part_count) then sum(measure_values.value) end
            as official_count,
        max(case when measure_values.source_kind = 'synthetic' then 1 else 0 end) as is_synthetic

    from measure_values
    inner join pairs on measure_values.measure_id = pairs.measure_id

    where
        measure_values.method_id = 'home_office_recorded_crime'
        and measure_values.period_type = 'quarter'
        and measure_values.breakdown_type is null
    group by
        measure_values.area_code,
        measure_values.period_start,
        measure_values.period_end,
        pairs.crime_type

),

street as (

    select
        measure_values.area_code,
        months.calendar_quarter_start as quarter_start,
        measure_values.breakdown_value as crime_type,
        case when count(measure_values.value) = 3 then sum(measure_values.value) end as street_count,
        max(case when measure_values.source_kind = 'synthetic' then 1 else 0 end) as is_synthetic

    from measure_values
    inner join months on measure_values.period_start = months.month

    where
        measure_values.measure_id = 'street_crime_count'
        and measure_values.period_type = 'month'
    group by measure_values.area_code, months.calendar_quarter_start, measure_values.breakdown_value

),

joined as (

    select
        official.area_code,
        forces.force_name,
        forces.is_home_force,
        official.quarter_start,
        official.quarter_end,
        official.crime_type,
        street.street_count,
        official.official_count,
        street.street_count - official.official_count as difference,
        {{ rate('street.street_count - official.official_count', 'official.official_count', 100) }} as difference_pct,
        case
            when official.is_synthetic = 1 or street.is_synthetic = 1 then 'synthetic'
            else 'computed'
        end as source_kind

    from official
    inner join forces on official.area_code = forces.area_code
    left join street
        on official.area_code = street.area_code
        and official.quarter_start = street.quarter_start
        and official.crime_type is not distinct from street.crime_type

),

final as (

    select
        area_code,
        force_name,
        is_home_force,
        quarter_start,
        quarter_end,
        crime_type,
        street_count,
        official_count,
        difference,
        difference_pct,
        case
            when street_count is null then 'no_street_count'
            when official_count is null then 'no_official_count'
            when difference_pct is null then 'nothing_recorded'
            else 'comparable'
        end as status,
        source_kind

    from joined

)

select * from final
