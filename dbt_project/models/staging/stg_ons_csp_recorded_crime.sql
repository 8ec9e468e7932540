with

cells as (

    select * from {{ source('raw', 'ons_csp_recorded_crime') }}

),

final as (

    select
        {{ cell_columns(['area_code', 'csp_code', 'csp_name', 'lad_code', 'lad_name']) }}

    from cells

)

select * from final
