with

source_months as (

    select * from {{ ref('int_source_month') }}

)

select
    source,
    force,
    area_code,
    month,
    status,
    rows_loaded,
    rows_quarantined,
    is_sample,
    extract_id,
    is_within_series

from source_months
