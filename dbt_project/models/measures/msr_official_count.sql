{# What official statistics count by force: workforce on 31 March, incidents with use of force. #}
{% set workforce = "'police officer', 'police staff', 'police community support officer', 'designated officer'" %}

with

workers as (

    select * from {{ ref('stg_home_office_workforce') }}

),

force_cells as (

    select * from {{ ref('stg_home_office_use_of_force_table') }}

),

areas as (

    select * from {{ ref('int_area_name') }}

),

populations as (

    select * from {{ ref('int_population') }}

),

markers as (

    select * from {{ ref('official_marker') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

extracts as (

    select * from {{ source('ops', 'extract') }}

    where source in ('home_office_workforce', 'home_office_use_of_force_table')

),

lines as (
    {% for measure, kind, column, only, type, value in [
        ('workforce_strength', 'rate', 'headcount', 'worker_type in (' ~ workforce ~ ')', none, text_literal(none)),
        ('workforce_strength', 'rate', 'headcount', 'true', 'worker_type', 'worker_type'),
        ('officer_fte', 'amount', 'fte', "worker_type = 'police officer'", none, text_literal(none)),
        ('specials_headcount', 'amount', 'headcount', "worker_type = 'special constable'", none, text_literal(none)),
    ] %}
    select
        '{{ measure }}' as measure_id,
        '{{ kind }}' as kind,
        'home_office_workforce' as source_id,
        force_name as area_name,
        area_code as printed_code,
        'snapshot' as period_type,
        snapshot_date as period_start,
        snapshot_date as period_end,
        {{ text_literal(type) }} as breakdown_type,
        {{ value }} as breakdown_value,
        {{ column }} as amount,
        {{ column }}_marker as marker,
        extract_id

    from workers

    where {{ only }}

    union all
    {% endfor %}
    -- the one table of incidents by force; its regions add forces up
    select
        'use_of_force_incident_count' as measure_id,
        'count' as kind,
        'home_office_use_of_force_table' as source_id,
        area_name,
        cast(null as varchar) as printed_code,
        'fin_year' as period_type,
        fin_year_start as period_start,
        {{ fin_year_end('fin_year_start') }} as period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        value as amount,
        marker,
        extract_id

    from force_cells

    where
        lower(table_title) like '%incidents by police force%'
        and column_label = 'Total'
        and (area_kind = 'force' or area_name = 'Total England and Wales')

),

-- a number that is not known makes the sum unknown
summed as (

    select
        lines.measure_id,
        lines.kind,
        lines.source_id,
        coalesce(areas.area_code, lines.printed_code) as area_code,
        lines.period_type,
        lines.period_start,
        lines.period_end,
        lines.breakdown_type,
        lines.breakdown_value,
        case when count(*) = count(lines.amount) then {{ ordered_sum('lines.amount') }} end as amount,
        max(case when lines.amount is null then coalesce(markers.status, 'not_supplied') end) as reason,
        max(case when extracts.is_sample then 1 else 0 end) as is_synthetic,
        {{ sorted_list('lines.extract_id') }} as extract_ids

    from lines
    left join areas on lines.area_name = areas.area_name
    left join markers
        on lines.source_id = markers.source
        and lines.marker = markers.marker
    left join extracts on lines.extract_id = extracts.extract_id

    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

),

judged as (

    select
        summed.*,
        case when summed.kind = 'rate' then cast(populations.population as double) end as denominator,
        case when summed.kind = 'rate' then populations.denominator_id end as denominator_id,
        -- incidents happen by chance, posts do not
        case
            when summed.kind = 'count' then cast({{ poisson_low('summed.amount', 'exact_limits.lower_95') }} as double)
        end as ci_low,
        case
            when summed.kind = 'count' then cast({{ poisson_high('summed.amount', 'exact_limits.upper_95') }} as double)
        end as ci_high,
        case when summed.kind = 'count' then {{ poisson_method('summed.amount') }} end as ci_method,
        case
            when summed.reason is not null then summed.reason
            when summed.kind = 'rate' and coalesce(populations.population, 0) = 0 then 'not_comparable'
            when summed.kind = 'rate' and populations.is_carried_forward then 'provisional'
            else 'final'
        end as status

    from summed
    left join populations
        on summed.area_code = populations.area_code
        and {{ middle_year('summed.period_start', 'summed.period_end') }} = populations.year
    left join exact_limits on summed.amount = exact_limits.event_count

    -- names that no area has are told by a check of the staging models
    where summed.area_code is not null

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        amount as numerator,
        denominator,
        cast(case kind when 'rate' then 1000 else 1 end as double) as multiplier,
        case kind when 'rate' then {{ rate('amount', 'denominator', 1000) }} else amount end as value,
        ci_low,
        ci_high,
        ci_method,
        cast(null as bigint) as n_unknown,
        denominator_id,
        source_id as method_id,
        case
            when is_synthetic = 1 then 'synthetic'
            when kind = 'count' then 'published'
            else 'computed'
        end as source_kind,
        source_id,
        status,
        extract_ids

    from judged

)

select * from final
