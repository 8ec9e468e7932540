{# Who is expected to supply: every territorial force, unless var expected_forces names others for the source. #}
{% set exceptions = var('expected_forces') %}

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
        -- what is supplied month by month and force by force; the rest has no months to be missing
        and slice is null
        and force <> 'national'
        and {{ month_end('period_start') }} = period_end

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

-- a force that never supplied has rows too when the source expects it; one that did has them in any case
asked as (

    select
        source_span.source,
        forces.force

    from source_span
    cross join forces

    where
        {%- for source_name, names in exceptions.items() %}
        (source_span.source = '{{ source_name }}' and forces.force in ('{{ names | join("', '") }}'))
        or
        {%- endfor %}
        (
            forces.force_kind = 'territorial'
            and source_span.source not in ('{{ exceptions | join("', '") }}')
        )

    union

    select
        source,
        force

    from force_span

),

final as (

    select
        asked.source,
        asked.force,
        forces.area_code,
        months.month,
        case when supplied.extract_id is null then 'not_supplied' else 'supplied' end as status,
        supplied.rows_loaded,
        supplied.rows_quarantined,
        supplied.is_sample,
        supplied.extract_id,
        force_span.first_month,
        force_span.last_month,
        force_span.force is not null as is_supplier,
        coalesce(months.month between force_span.first_month and force_span.last_month, false) as is_within_series

    from asked
    inner join source_span on asked.source = source_span.source
    inner join months on months.month between source_span.first_month and source_span.last_month
    left join forces on asked.force = forces.force
    left join force_span
        on asked.source = force_span.source
        and asked.force = force_span.force
    left join supplied
        on asked.source = supplied.source
        and asked.force = supplied.force
        and months.month = supplied.month

)

select * from final
