{# Complaints for every 1,000 people who work for the force on the nearest 31 March. #}
with

complaints as (

    select *

    from {{ ref('msr_complaints') }}

    where
        measure_id = 'complaints_count'
        and (breakdown_type is null or breakdown_type = 'route')

),

workforce as (

    select *

    from {{ ref('msr_official_count') }}

    where
        measure_id = 'workforce_strength'
        and breakdown_type is null

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

paired as (

    select
        complaints.area_code,
        complaints.period_type,
        complaints.period_start,
        complaints.period_end,
        complaints.breakdown_type,
        complaints.breakdown_value,
        complaints.numerator,
        workforce.numerator as denominator,
        case
            when complaints.status <> 'final' then complaints.status
            when workforce.numerator is null then 'not_supplied'
            when workforce.numerator = 0 then 'not_comparable'
            else 'final'
        end as status,
        case when 'synthetic' in (complaints.source_kind, workforce.source_kind) then 'synthetic' else 'computed' end
            as source_kind,
        {{ list_union('complaints.extract_ids', 'workforce.extract_ids') }} as extract_ids,
        exact_limits.lower_95,
        exact_limits.upper_95

    from complaints
    left join workforce
        on complaints.area_code = workforce.area_code
        and {{ nearest_march('complaints.period_start', 'complaints.period_end') }} = workforce.period_start
    left join exact_limits on complaints.numerator = exact_limits.event_count

),

final as (

    select
        'complaints_per_1000_workforce' as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits("'rate'", given="status = 'final'") }},
        cast(null as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        'received_over_heads_nearest_31_march' as method_id,
        source_kind,
        'complaint_case' as source_id,
        status,
        extract_ids

    from paired

)

select * from final
