with

cells as (

    select * from {{ source('raw', 'ons_pfa_table') }}

),

final as (

    select
        {{ cell_columns(['area_code', 'area_kind']) }}

    from cells

)

select * from final
