with

cells as (

    select * from {{ source('raw', 'home_office_workforce_table') }}

),

final as (

    select
        {{ cell_columns(['area_kind']) }},
        nullif(regexp_extract(table_title, ': (.+?)( combined)? by police force area', 1), '') as worker_type,
        try_cast(column_label as date) as snapshot_date

    from cells

)

select * from final
