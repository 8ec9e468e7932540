{# Days run from the day of receipt, which is day 0, to the day of finalising or, for an open case, the last day the
   extracts know of. One rule for working and calendar days, and for days suspended. #}
with

cases as (

    select * from {{ ref('stg_complaint_case') }}

),

source_months as (

    select * from {{ ref('int_source_month') }} where source = 'complaint_case'

),

extracts as (

    select * from {{ source('ops', 'extract') }} where source = 'complaint_case'

),

suspensions as (

    select * from {{ ref('int_complaint_suspension') }}

),

labels as (

    select * from {{ ref('complaint_label') }}

),

ethnicities as (

    select * from {{ ref('int_ethnicity_label') }}

),

days as (

    select * from {{ ref('int_day') }}

),

-- a day after the file arrived is a slip of the pen, and would make every open case old
as_of as (

    select
        cases.force,
        greatest(
            {%- for day in ['received_date', 'logged_date', 'finalised_date'] %}
            max(case when cases.{{ day }} <= cast(extracts.registered_at as date) then cases.{{ day }} end)
            {{- ',' if not loop.last }}
            {%- endfor %}
        ) as as_of_date

    from cases
    inner join extracts on cases.extract_id = extracts.extract_id

    group by cases.force

),

placed as (

    select
        cases.extract_id,
        cases.line,
        cases.force,
        source_months.area_code,
        cases.period_start,
        cases.case_reference,
        coalesce(case_types.meaning, 'unknown') as case_type,
        -- the routes began on the day of the reform, whatever a system says of an older case
        case
            when cases.received_date < date '{{ var("complaint_reform_date") }}' then 'old_regulations'
            else coalesce(handlings.meaning, 'unknown')
        end as route,
        coalesce(cases.neighbourhood_unit, 'unknown') as neighbourhood_unit,
        coalesce(ethnicities.ethnic_group, 'unknown') as ethnic_group,
        cases.received_date,
        cases.logged_date,
        cases.finalised_date,
        cases.finalised_date is null as is_open,
        as_of.as_of_date,
        case when source_months.is_sample then 'synthetic' else 'computed' end as source_kind,
        -- without an end, or with one before the beginning, there are no days
        case
            when coalesce(cases.finalised_date, as_of.as_of_date) >= cases.received_date
                then coalesce(cases.finalised_date, as_of.as_of_date)
        end as end_date

    from cases
    left join source_months
        on cases.force = source_months.force
        and cases.period_start = source_months.month
    left join labels as case_types
        on cases.case_type = case_types.label
        and case_types.field = 'case_type'
    left join labels as handlings
        on cases.handling = handlings.label
        and handlings.field = 'handling'
    left join ethnicities on cases.complainant_ethnicity = ethnicities.label
    left join as_of on cases.force = as_of.force

),

-- day by day, so that a day in two suspensions is suspended once
suspended_days as (

    select distinct
        placed.extract_id,
        placed.line,
        days.day,
        days.is_working_day

    from suspensions
    inner join placed
        on suspensions.extract_id = placed.extract_id
        and suspensions.line = placed.line
    inner join days
        on days.day > greatest(suspensions.suspended_date, placed.received_date)
        and days.day <= least(coalesce(suspensions.resumed_date, placed.end_date), placed.end_date)

    where suspensions.is_understood

),

suspended as (

    select
        extract_id,
        line,
        count(*) as calendar_days,
        count(case when is_working_day then 1 end) as working_days

    from suspended_days

    group by extract_id, line

),

not_understood as (

    select distinct
        extract_id,
        line

    from suspensions

    where not is_understood

),

counted as (

    select
        placed.*,
        cast({{ days_between('placed.received_date', 'placed.end_date') }} as integer) as calendar_days,
        last_days.working_day_number - first_days.working_day_number as working_days,
        -- how long a case was suspended is not known when the cell is not understood
        case when not_understood.line is null then coalesce(suspended.calendar_days, 0) end
            as suspended_calendar_days,
        case when not_understood.line is null then coalesce(suspended.working_days, 0) end as suspended_working_days

    from placed
    left join days as first_days on placed.received_date = first_days.day
    left join days as last_days on placed.end_date = last_days.day
    left join suspended
        on placed.extract_id = suspended.extract_id
        and placed.line = suspended.line
    left join not_understood
        on placed.extract_id = not_understood.extract_id
        and placed.line = not_understood.line

),

final as (

    select
        extract_id,
        line,
        force,
        area_code,
        period_start,
        case_reference,
        case_type,
        route,
        neighbourhood_unit,
        ethnic_group,
        received_date,
        logged_date,
        finalised_date,
        is_open,
        as_of_date,
        working_days as working_days_incl_suspension,
        cast(working_days - suspended_working_days as integer) as working_days_excl_suspension,
        calendar_days as calendar_days_incl_suspension,
        cast(calendar_days - suspended_calendar_days as integer) as calendar_days_excl_suspension,
        source_kind

    from counted

)

select * from final
