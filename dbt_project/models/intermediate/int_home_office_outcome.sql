{# Outcomes of crimes as the Home Office counts them, by force, period, offence group and outcome group, on two bases. #}
with

records as (

    select * from {{ ref('stg_home_office_outcome') }}

),

outcome_groups as (

    select * from {{ ref('outcome_group') }} where vocabulary = 'home_office'

),

offence_codes as (

    select * from {{ ref('offence_group') }}

),

offence_groups as (

    select * from {{ ref('offence_group_measure') }} where is_headline

),

areas as (

    select * from {{ ref('int_area_name') }} where area_code is not null

),

extracts as (

    select * from {{ source('ops', 'extract') }} where source = 'home_office_outcome'

),

-- the file comes by financial year: all its rows of a quarter are of one extract
counted as (

    select
        areas.area_code,
        records.quarter_start,
        records.offence_code,
        records.outcome_type,
        records.cohort_count,
        records.in_period_count,
        records.extract_id,
        case when extracts.is_sample then 1 else 0 end as is_synthetic

    from records
    inner join areas on records.force_name = areas.area_name
    left join extracts on records.extract_id = extracts.extract_id

    where records.offence_group <> 'Fraud offences'

),

-- both bases divide by the crimes recorded in the period; crimes without an outcome yet are on the first alone
based as (

    select
        'cohort' as method_id,
        cohort_count as outcome_count,
        *

    from counted

    union all

    select
        'in_period' as method_id,
        in_period_count as outcome_count,
        *

    from counted

    where outcome_type <> '0'

),

parts as (

    select
        based.method_id,
        based.area_code,
        based.quarter_start,
        based.offence_code,
        outcome_groups.outcome_group,
        based.outcome_count,
        based.extract_id,
        based.is_synthetic

    from based
    inner join outcome_groups
        on based.outcome_type = outcome_groups.outcome
        and based.quarter_start
        between {{ open_start('outcome_groups.valid_from') }} and {{ open_end('outcome_groups.valid_to') }}

    union all

    select
        method_id,
        area_code,
        quarter_start,
        offence_code,
        'closed' as outcome_group,
        outcome_count,
        extract_id,
        is_synthetic

    from based

    where outcome_type <> '0'

    union all

    select
        bases.method_id,
        counted.area_code,
        counted.quarter_start,
        counted.offence_code,
        'recorded' as outcome_group,
        counted.cohort_count as outcome_count,
        counted.extract_id,
        counted.is_synthetic

    from counted
    cross join (select distinct method_id from based) as bases

),

by_code as (

    select
        method_id,
        area_code,
        quarter_start,
        offence_code,
        outcome_group,
        sum(outcome_count) as outcome_count,
        count(*) - count(outcome_count) as n_missing,
        max(extract_id) as extract_id,
        max(is_synthetic) as is_synthetic

    from parts

    group by method_id, area_code, quarter_start, offence_code, outcome_group

),

-- every crime is in the total, and in the groups that have its code
grouped as (

    select
        cast(null as varchar) as offence_group,
        *

    from by_code

    union all

    select
        offence_groups.offence_group,
        by_code.*

    from by_code
    inner join offence_codes
        on by_code.offence_code = offence_codes.offence_code
        and by_code.quarter_start
        between {{ open_start('offence_codes.valid_from') }} and {{ open_end('offence_codes.valid_to') }}
    inner join offence_groups on offence_codes.offence_group = offence_groups.offence_group

),

quarters as (

    select
        method_id,
        area_code,
        quarter_start,
        offence_group,
        outcome_group,
        sum(outcome_count) as outcome_count,
        sum(n_missing) as n_missing,
        max(extract_id) as extract_id,
        max(is_synthetic) as is_synthetic

    from grouped

    group by method_id, area_code, quarter_start, offence_group, outcome_group

),

-- quarters of each financial year that the file has for any force
year_quarters as (

    select
        {{ fin_year_start('quarter_start') }} as fin_year_start,
        count(distinct quarter_start) as quarters_in_file

    from counted

    group by {{ fin_year_start('quarter_start') }}

),

years as (

    select
        quarters.method_id,
        quarters.area_code,
        year_quarters.fin_year_start,
        quarters.offence_group,
        quarters.outcome_group,
        sum(quarters.outcome_count) as outcome_count,
        sum(quarters.n_missing) as n_missing,
        count(*) as quarters_supplied,
        max(year_quarters.quarters_in_file) as quarters_in_file,
        {{ sorted_list('quarters.extract_id') }} as extract_ids,
        max(quarters.is_synthetic) as is_synthetic

    from quarters
    inner join year_quarters on {{ fin_year_start('quarters.quarter_start') }} = year_quarters.fin_year_start

    group by
        quarters.method_id,
        quarters.area_code,
        year_quarters.fin_year_start,
        quarters.offence_group,
        quarters.outcome_group

),

-- offence groups by year: those of a quarter are small
periods as (

    select
        method_id,
        area_code,
        'quarter' as period_type,
        quarter_start as period_start,
        {{ month_end(add_months('quarter_start', 2)) }} as period_end,
        offence_group,
        outcome_group,
        outcome_count,
        case when n_missing > 0 then 'not_supplied' else 'final' end as status,
        is_synthetic,
        {{ list_of('extract_id') }} as extract_ids

    from quarters

    where
        offence_group is null
        or offence_group in (select offence_group from {{ ref('outcome_measure') }})

    union all

    select
        method_id,
        area_code,
        'fin_year' as period_type,
        fin_year_start as period_start,
        {{ fin_year_end('fin_year_start') }} as period_end,
        offence_group,
        outcome_group,
        outcome_count,
        case
            when n_missing > 0 or quarters_supplied < quarters_in_file then 'not_supplied'
            when quarters_in_file < 4 then 'partial'
            else 'final'
        end as status,
        is_synthetic,
        extract_ids

    from years

),

final as (

    select
        'home_office_outcome' as source_id,
        method_id,
        area_code,
        period_type,
        period_start,
        period_end,
        offence_group as breakdown_value,
        outcome_group,
        case when status = 'final' then cast(outcome_count as bigint) end as outcome_count,
        status,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        extract_ids

    from periods

)

select * from final
