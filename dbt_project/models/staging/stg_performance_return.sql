with

records as (

    select * from {{ source('raw', 'performance_return') }}

),

cells as (

    select
        extract_id,
        line,
        force,
        period_start as year_start,
        {{ clean_text('measure') }} as measure_id,
        {{ clean_text('area') }} as area,
        {{ clean_text('period') }} as period,
        {{ clean_text('breakdown') }} as breakdown,
        {{ clean_text('numerator') }} as numerator,
        {{ clean_text('denominator') }} as denominator

    from records

),

parted as (

    select
        *,
        {{ return_period_type('period') }} as period_type,
        {{ return_period_start('period') }} as period_start,
        {{ clean_text("substr(breakdown, 1, position('=' in breakdown) - 1)") }} as breakdown_word,
        {{ clean_text("substr(breakdown, position('=' in breakdown) + 1)") }} as breakdown_value,
        case lower(numerator) when 'not collected' then 'not_collected' when 'suppressed' then 'suppressed' end as marker

    from cells

),

final as (

    select
        extract_id,
        line,
        force,
        year_start,
        measure_id,
        area,
        period,
        period_type,
        period_start,
        {{ return_period_end('period_type', 'period_start') }} as period_end,
        replace(lower(breakdown_word), ' ', '_') as breakdown_type,
        breakdown_value,
        case when marker is null then {{ return_number('numerator') }} end as numerator,
        {{ return_number('denominator') }} as denominator,
        coalesce(marker, 'final') as status

    from parted

)

select * from final
