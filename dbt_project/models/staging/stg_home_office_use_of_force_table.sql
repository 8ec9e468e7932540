with

cells as (

    select * from {{ source('raw', 'home_office_use_of_force_table') }}

),

final as (

    select
        {{ cell_columns(['region', 'area_kind', 'tactic_group', 'tactic']) }},
        coalesce({{ fin_year_in('financial_year') }}, {{ fin_year_start('period_end') }}) as fin_year_start

    from cells

)

select * from final
