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
        {{ return_cell('measure') }} as measure_id,
        {{ return_cell('area') }} as area,
        {{ return_cell('period') }} as period,
        {{ return_cell('breakdown') }} as breakdown,
        {{ return_cell('numerator') }} as numerator,
        {{ return_cell('denominator') }} as denominator

    from records

),

parted as (

    select
        *,
        {{ return_period_type('period') }} as period_type,
        {{ return_period_start('period') }} as period_start,
        {{ return_cell("substr(breakdown, 1, position('=' in breakdown) - 1)") }} as breakdown_word,
        {{ return_cell("substr(breakdown, position('=' in breakdown) + 1)") }} as breakdown_value,
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
