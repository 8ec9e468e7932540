{# Stop and search, and tactics of force, by ethnic group in the Home Office's statistics: one shape for both. A group is
   what is printed of it, added up; the row without group is of all. #}
with

searches as (

    select * from {{ ref('stg_home_office_stop_search') }}

),

force_cells as (

    select * from {{ ref('stg_home_office_use_of_force_table') }}

),

labels as (

    select * from {{ ref('official_ethnicity') }}

),

areas as (

    select * from {{ ref('int_area_name') }}

),

extracts as (

    select * from {{ source('ops', 'extract') }}

    where source in ('home_office_stop_search', 'home_office_use_of_force_table')

),

lines as (

    select
        'home_office_stop_search' as source_id,
        'self_defined_ethnicity' as breakdown_type,
        force_name as area_name,
        fin_year_start as period_start,
        ethnicity as label,
        searches as events,
        extract_id

    from searches

    union all

    -- the officer's view of the person; an incident in which two tactics were used stands there twice
    select
        'home_office_use_of_force_table' as source_id,
        'officer_defined_ethnicity' as breakdown_type,
        area_name,
        fin_year_start as period_start,
        column_label as label,
        value as events,
        extract_id

    from force_cells

    where
        column_group = 'Perceived ethnicity'
        and tactic = 'Total Tactics'
        and (area_kind = 'force' or area_name = 'Total England and Wales')

),

placed as (

    select
        lines.source_id,
        lines.breakdown_type,
        areas.area_code,
        lines.period_start,
        -- a label the seed does not know is of unknown ethnicity; a test names it
        coalesce(labels.ethnic_group, 'unknown') as ethnic_group,
        lines.events,
        lines.extract_id,
        case when extracts.is_sample then 1 else 0 end as is_synthetic

    from lines
    inner join areas on lines.area_name = areas.area_name
    left join labels
        on lines.source_id = labels.source
        and lines.label = labels.label
    left join extracts on lines.extract_id = extracts.extract_id

    where areas.area_code is not null

),

-- no zero is printed of searches: of a group whose every cell is empty nothing is known
grouped as (

    select
        source_id,
        breakdown_type,
        area_code,
        period_start,
        ethnic_group,
        cast(sum(events) as bigint) as events,
        max(is_synthetic) as is_synthetic,
        {{ sorted_list('extract_id') }} as extract_ids

    from placed

    group by 1, 2, 3, 4, 5

),

totals as (

    select
        source_id,
        breakdown_type,
        area_code,
        period_start,
        cast(sum(events) as bigint) as events,
        cast(sum(case when ethnic_group <> 'vehicle only' then events end) as bigint) as people_events,
        sum(case when ethnic_group = 'unknown' then events end) as unknown_events,
        max(is_synthetic) as is_synthetic,
        {{ sorted_list('extract_id') }} as extract_ids

    from placed

    group by 1, 2, 3, 4

),

final as (

    select
        grouped.source_id,
        grouped.breakdown_type,
        grouped.ethnic_group,
        grouped.area_code,
        grouped.period_start,
        {{ fin_year_end('grouped.period_start') }} as period_end,
        grouped.events,
        totals.people_events,
        cast(coalesce(totals.unknown_events, 0) as bigint) as unknown_events,
        case when grouped.is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        grouped.extract_ids

    from grouped
    inner join totals
        on grouped.source_id = totals.source_id
        and grouped.area_code = totals.area_code
        and grouped.period_start = totals.period_start

    where grouped.ethnic_group <> 'vehicle only'

    union all

    select
        source_id,
        breakdown_type,
        cast(null as varchar) as ethnic_group,
        area_code,
        period_start,
        {{ fin_year_end('period_start') }} as period_end,
        events,
        people_events,
        cast(coalesce(unknown_events, 0) as bigint) as unknown_events,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        extract_ids

    from totals

)

select * from final
