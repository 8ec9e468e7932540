with

ratios as (

    select * from {{ ref('int_stop_search_ratio') }}

),

final as (

    select
        'stop_search_disproportionality' as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        group_rate as numerator,
        white_rate as denominator,
        cast(1 as double) as multiplier,
        value,
        ci_low,
        ci_high,
        case when value is not null then 'log_ratio_95' end as ci_method,
        n_unknown,
        denominator_id,
        method_id,
        source_kind,
        'police_uk_stop_search' as source_id,
        status,
        extract_ids

    from ratios

)

select * from final
