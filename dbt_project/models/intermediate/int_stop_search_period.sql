{% set tallies = [
    'searches', 'positive', 'outcome_blank', 'linked', 'linked_blank', 'self_defined_filled',
    'officer_defined_filled', 'gender_filled', 'age_range_filled', 'person_searches', 'self_defined_filled_people',
    'officer_defined_filled_people', 'gender_filled_people', 'age_range_filled_people', 'self_defined_unknown',
    'officer_defined_unknown', 'both_unknown', 'searches_unknown', 'searches_officer_fill', 'unknown_after_fill',
] %}

with

months as (

    select * from {{ ref('int_stop_search_month') }}

),

supply as (

    select * from {{ ref('int_supply_period') }} where source = 'police_uk_stop_search'

),

breakdown_lines as (

    select distinct
        breakdown_type,
        breakdown_value

    from months

),

-- only whole periods are summed: a period with a hole or an open end has no number
summed as (

    select
        supply.area_code,
        supply.period_type,
        supply.period_start,
        months.breakdown_type,
        months.breakdown_value,
        {%- for name in tallies %}
        cast(sum(months.{{ name }}) as bigint) as {{ name }},
        {%- endfor %}
        -- decimals add up to the same in any order, floating-point numbers do not
        cast(sum(cast(months.searches_pro_rata as decimal(38, 12))) as double) as searches_pro_rata

    from supply
    inner join months
        on supply.area_code = months.area_code
        and months.month between supply.period_start and supply.period_end

    where supply.status = 'final'
    group by 1, 2, 3, 4, 5

),

final as (

    select
        supply.area_code,
        supply.period_type,
        supply.period_start,
        supply.period_end,
        supply.status,
        supply.has_breakdowns,
        supply.source_kind,
        supply.extract_ids,
        breakdown_lines.breakdown_type,
        breakdown_lines.breakdown_value,
        {%- for name in tallies %}
        summed.{{ name }},
        {%- endfor %}
        summed.searches_pro_rata

    from supply
    cross join breakdown_lines
    left join summed
        on supply.area_code = summed.area_code
        and supply.period_type = summed.period_type
        and supply.period_start = summed.period_start
        and breakdown_lines.breakdown_type is not distinct from summed.breakdown_type
        and breakdown_lines.breakdown_value is not distinct from summed.breakdown_value

    where
        supply.has_breakdowns
        or breakdown_lines.breakdown_type is null

)

select * from final
