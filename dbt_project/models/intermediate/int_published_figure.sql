with

figures as (

    select * from {{ ref('published_figure') }}

),

printed as (

    select
        *,
        {{ decimals_printed('figures') }} as decimals_printed

    from figures

),

final as (

    select
        *,
        {{ printed_rounding('printed', 'decimals_printed') }} as printed_rounding,
        {{ printed_number('as_printed') }} as printed_number,
        case when period_end >= period_start then {{ days_between('period_start', 'period_end') }} + 1 end as period_days

    from printed

)

select * from final
