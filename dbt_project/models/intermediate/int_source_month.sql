with

extracts as (

    select * from {{ source('ops', 'extract') }}

),

forces as (

    select * from {{ ref('force') }}

),

months as (

    select * from {{ ref('int_month') }}

),

supplied as (

    select
        source,
        force,
        period_start as month,
        extract_id,
        rows_loaded,
        rows_quarantined,
        is_sample

    from extracts

    where
        status = 'loaded'
        and force is not null
        and period_start is not null

),

source_span as (

    select
        source,
        min(month) as first_month,
        max(month) as last_month

    from supplied

    group by source

),

force_span as (

    select
        source,
        force,
        min(month) as first_month,
        max(month) as last_month

    from supplied

    group by source, force

),

final as (

    select
        force_span.source,
        force_span.force,
        forces.area_code,
        months.month,
        case when supplied.extract_id is null then 'not_supplied' else 'supplied' end as status,
        supplied.rows_loaded,
        supplied.rows_quarantined,
        supplied.is_sample,
        supplied.extract_id,
        force_span.first_month,
        force_span.last_month,
        months.month between force_span.first_month and force_span.last_month as is_within_series

    from force_span
    inner join source_span on force_span.source = source_span.source
    inner join months on months.month between source_span.first_month and source_span.last_month
    left join forces on force_span.force = forces.force
    left join supplied
        on force_span.source = supplied.source
        and force_span.force = supplied.force
        and months.month = supplied.month

)

select * from final
