with

months as (

    {{ month_series("date '" ~ var('calendar_start') ~ "'", "date '" ~ var('calendar_end') ~ "'") }}

),

final as (

    select
        month,
        {{ month_end('month') }} as month_end,
        year(month) as calendar_year,
        {{ fin_year_start('month') }} as fin_year_start,
        {{ fin_year_end('month') }} as fin_year_end

    from months

)

select * from final
