{# Recorded crime without fraud, in total and by offence group, by area and period, from each official source that
   gives it. #}
{% set england_and_wales = 'England and Wales' %}

with

ons_cells as (

    select * from {{ ref('stg_ons_pfa_table') }}

),

csp_cells as (

    select * from {{ ref('stg_ons_csp_recorded_crime') }}

),

offences as (

    select * from {{ ref('stg_home_office_recorded_crime') }}

),

table_columns as (

    select * from {{ ref('offence_table_column') }}

),

offence_codes as (

    select * from {{ ref('offence_group') }}

),

weights as (

    select * from {{ ref('crime_severity_weight') }}

    -- the newest edition; msr_crime_severity names it
    where edition = (select max(edition) from {{ ref('crime_severity_weight') }})

),

areas as (

    select * from {{ ref('int_area_name') }}

),

forces as (

    select * from {{ ref('force') }}

),

months as (

    select * from {{ ref('int_month') }}

),

force_populations as (

    select * from {{ ref('int_population') }} where area_type = 'force'

),

markers as (

    select * from {{ ref('official_marker') }}

),

extracts as (

    select * from {{ source('ops', 'extract') }}

    where source in ('ons_pfa_table', 'ons_csp_recorded_crime', 'home_office_recorded_crime')

),

printed_rates as (

    select
        ons_cells.period_end,
        ons_cells.area_name,
        ons_cells.area_kind,
        table_columns.offence_group,
        ons_cells.value as printed_rate

    from ons_cells
    inner join table_columns on lower(ons_cells.column_label) = lower(table_columns.column_label)

    where ons_cells.table_id = 'P3'

),

twelve_months as (

    select
        'ons_pfa_table' as source_id,
        ons_cells.area_code as printed_code,
        ons_cells.area_name,
        table_columns.offence_group,
        ons_cells.period_end,
        ons_cells.value as crime_count,
        ons_cells.marker,
        printed_rates.printed_rate,
        ons_cells.extract_id

    from ons_cells
    inner join table_columns on lower(ons_cells.column_label) = lower(table_columns.column_label)
    left join printed_rates
        on table_columns.offence_group = printed_rates.offence_group
        and ons_cells.period_end = printed_rates.period_end
        and ons_cells.area_name = printed_rates.area_name
        and ons_cells.area_kind = printed_rates.area_kind

    where
        ons_cells.table_id = 'P1'
        and (ons_cells.area_kind = 'force' or lower(ons_cells.area_name) = lower('{{ england_and_wales }}'))

    union all

    -- a row without partnership is the whole force
    select
        'ons_csp_recorded_crime' as source_id,
        csp_cells.area_code as printed_code,
        csp_cells.area_name,
        table_columns.offence_group,
        csp_cells.period_end,
        csp_cells.value as crime_count,
        csp_cells.marker,
        cast(null as double) as printed_rate,
        csp_cells.extract_id

    from csp_cells
    inner join table_columns on lower(csp_cells.column_label) = lower(table_columns.column_label)

    where csp_cells.csp_name is null

),

-- the tables give twelve months; those that end in March are a financial year too
table_periods as (

    select
        source_id,
        printed_code,
        area_name,
        offence_group,
        'rolling_12m' as period_type,
        {{ add_months('period_end + 1', -12) }} as period_start,
        period_end,
        crime_count,
        marker,
        printed_rate,
        extract_id

    from twelve_months

    union all

    select
        source_id,
        printed_code,
        area_name,
        offence_group,
        'fin_year' as period_type,
        {{ fin_year_start('period_end') }} as period_start,
        period_end,
        crime_count,
        marker,
        printed_rate,
        extract_id

    from twelve_months

    where period_end = {{ fin_year_end('period_end') }}

),

from_tables as (

    select
        table_periods.source_id,
        table_periods.area_name,
        -- publishers slip in codes more often than in names
        coalesce(areas.area_code, forces.area_code) as area_code,
        table_periods.offence_group,
        table_periods.period_type,
        table_periods.period_start,
        table_periods.period_end,
        table_periods.crime_count,
        cast(null as double) as weighted_count,
        cast(null as bigint) as unweighted_count,
        table_periods.printed_rate,
        case
            when table_periods.crime_count is not null then 'final'
            else coalesce(markers.status, 'not_supplied')
        end as status,
        case when extracts.is_sample then 'synthetic' else 'published' end as source_kind,
        {{ list_of('table_periods.extract_id') }} as extract_ids

    from table_periods
    left join areas on table_periods.area_name = areas.area_name
    left join forces on table_periods.printed_code = forces.area_code
    left join markers
        on table_periods.source_id = markers.source
        and table_periods.marker = markers.marker
    left join extracts on table_periods.extract_id = extracts.extract_id

),

-- fraud is recorded for the whole country and is in no force's total
counted_offences as (

    select
        offences.force_name as area_name,
        offences.quarter_start,
        offences.offence_code,
        offences.offences,
        weights.weight,
        offences.extract_id,
        case when extracts.is_sample then 1 else 0 end as is_synthetic

    from offences
    left join weights on offences.offence_code = weights.offence_code
    left join extracts on offences.extract_id = extracts.extract_id

    where offences.offence_group <> 'Fraud offences'

),

-- an offence is in the total and in every group that has its code
grouped_offences as (

    select
        'total' as offence_group,
        *

    from counted_offences

    union all

    select
        offence_codes.offence_group,
        counted_offences.*

    from counted_offences
    inner join offence_codes
        on counted_offences.offence_code = offence_codes.offence_code
        and counted_offences.quarter_start
        between {{ open_start('offence_codes.valid_from') }} and {{ open_end('offence_codes.valid_to') }}

),

-- a count that is not known makes the sum unknown
quarters as (

    select
        area_name,
        offence_group,
        quarter_start,
        case when count(*) = count(offences) then sum(offences) end as crime_count,
        case when count(*) = count(offences) then {{ ordered_sum('offences * weight') }} end as weighted_count,
        case
            when count(*) = count(offences) then sum(case when weight is null then offences else 0 end)
        end as unweighted_count,
        max(extract_id) as extract_id,
        max(is_synthetic) as is_synthetic

    from grouped_offences

    group by area_name, offence_group, quarter_start

),

span as (

    select
        min(quarter_start) as first_quarter,
        max(quarter_start) as last_quarter

    from quarters

),

-- the time over which any code of a group is in use
group_spans as (

    select
        offence_group,
        min({{ open_start('valid_from') }}) as valid_from,
        max({{ open_end('valid_to') }}) as valid_to

    from offence_codes

    group by offence_group

),

observed_groups as (

    select distinct offence_group from quarters

),

-- a quarter within the series that a force is not in is not supplied, and no zero
series as (

    select
        named.area_name,
        observed_groups.offence_group,
        months.month as quarter_start,
        months.fin_year_start,
        months.fin_year_end,
        case
            when months.month between coalesce(group_spans.valid_from, months.month)
            and coalesce(group_spans.valid_to, months.month) then 1
            else 0
        end as is_in_use,
        quarters.crime_count,
        quarters.weighted_count,
        quarters.unweighted_count,
        quarters.extract_id,
        coalesce(quarters.is_synthetic, 0) as is_synthetic,
        case when quarters.crime_count is not null then 1 else 0 end as is_supplied

    from (select distinct area_name from quarters) as named
    cross join observed_groups
    cross join span
    inner join months
        on months.month between span.first_quarter and span.last_quarter
        and month(months.month) in (1, 4, 7, 10)
    left join group_spans on observed_groups.offence_group = group_spans.offence_group
    left join quarters
        on named.area_name = quarters.area_name
        and observed_groups.offence_group = quarters.offence_group
        and months.month = quarters.quarter_start

),

open_data_periods as (

    select
        area_name,
        offence_group,
        'quarter' as period_type,
        quarter_start as period_start,
        {{ month_end(add_months('quarter_start', 2)) }} as period_end,
        1 as quarters_asked,
        1 as quarters_in_series,
        is_in_use as quarters_in_use,
        is_supplied as quarters_supplied,
        crime_count,
        weighted_count,
        unweighted_count,
        is_synthetic,
        {{ list_of('extract_id') }} as extract_ids

    from series

    union all

    select
        area_name,
        offence_group,
        'fin_year' as period_type,
        fin_year_start as period_start,
        fin_year_end as period_end,
        4 as quarters_asked,
        count(*) as quarters_in_series,
        sum(is_in_use) as quarters_in_use,
        sum(is_supplied) as quarters_supplied,
        sum(crime_count) as crime_count,
        {{ ordered_sum('weighted_count') }} as weighted_count,
        sum(unweighted_count) as unweighted_count,
        max(is_synthetic) as is_synthetic,
        {{ sorted_list('extract_id') }} as extract_ids

    from series

    group by area_name, offence_group, fin_year_start, fin_year_end

    union all

    select
        area_name,
        offence_group,
        'rolling_12m' as period_type,
        {{ add_months('quarter_start', -9) }} as period_start,
        {{ month_end(add_months('quarter_start', 2)) }} as period_end,
        4 as quarters_asked,
        count(*) over last_four as quarters_in_series,
        sum(is_in_use) over last_four as quarters_in_use,
        sum(is_supplied) over last_four as quarters_supplied,
        sum(crime_count) over last_four as crime_count,
        {{ ordered_sum('weighted_count', 'last_four') }} as weighted_count,
        sum(unweighted_count) over last_four as unweighted_count,
        max(is_synthetic) over last_four as is_synthetic,
        {{ sorted_list_over('extract_id', 'area_name, offence_group', 'quarter_start', 4) }} as extract_ids

    from series

    window
        last_four as (
            partition by area_name, offence_group order by quarter_start rows between 3 preceding and current row
        )

),

from_open_data as (

    select
        'home_office_recorded_crime' as source_id,
        open_data_periods.area_name,
        areas.area_code,
        open_data_periods.offence_group,
        open_data_periods.period_type,
        open_data_periods.period_start,
        open_data_periods.period_end,
        {% for count in ['crime_count', 'weighted_count', 'unweighted_count'] -%}
        case when open_data_periods.quarters_supplied = open_data_periods.quarters_asked
            then open_data_periods.{{ count }}
        end as {{ count }},
        {% endfor -%}
        cast(null as double) as printed_rate,
        case
            -- a group that came into use in the midst of the period was another one before
            when open_data_periods.quarters_in_use < open_data_periods.quarters_in_series then 'not_comparable'
            when open_data_periods.quarters_supplied < open_data_periods.quarters_in_series then 'not_supplied'
            when open_data_periods.quarters_in_series < open_data_periods.quarters_asked then 'partial'
            else 'final'
        end as status,
        case when open_data_periods.is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        open_data_periods.extract_ids

    from open_data_periods
    left join areas on open_data_periods.area_name = areas.area_name

    where
        open_data_periods.quarters_in_use > 0
        -- a window that reaches back before the series is none
        and (
            open_data_periods.period_type <> 'rolling_12m'
            or open_data_periods.quarters_in_series = 4
        )

),

all_periods as (

    select * from from_tables

    union all

    select * from from_open_data

),

populations as (

    select
        area_code,
        year,
        population,
        denominator_id,
        is_carried_forward

    from force_populations

    union all

    select
        whole.area_code,
        force_populations.year,
        sum(force_populations.population) as population,
        max(force_populations.denominator_id) as denominator_id,
        max(case when force_populations.is_carried_forward then 1 else 0 end) = 1 as is_carried_forward

    from force_populations
    inner join areas as whole on whole.area_name = '{{ england_and_wales }}'

    group by whole.area_code, force_populations.year

),

final as (

    select
        all_periods.source_id,
        all_periods.area_name,
        all_periods.area_code,
        all_periods.offence_group,
        all_periods.period_type,
        all_periods.period_start,
        all_periods.period_end,
        cast(all_periods.crime_count as bigint) as crime_count,
        all_periods.weighted_count,
        cast(all_periods.unweighted_count as bigint) as unweighted_count,
        cast(populations.population as bigint) as population,
        populations.denominator_id,
        populations.is_carried_forward,
        case
            when all_periods.period_type <> 'quarter'
                then {{ rate('all_periods.crime_count', 'populations.population', 1000) }}
        end as rate_from_estimates,
        all_periods.printed_rate,
        all_periods.status,
        all_periods.source_kind,
        all_periods.extract_ids

    from all_periods
    -- as ONS does: the estimate for the calendar year before the financial year in which the period ends
    left join populations
        on all_periods.area_code = populations.area_code
        and year({{ fin_year_start('all_periods.period_end') }}) - 1 = populations.year

)

select * from final
