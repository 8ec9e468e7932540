{% set reform = "date '" ~ var('complaint_reform_date') ~ "'" %}

with

periods as (

    select * from {{ ref('int_own_period') }} where source = 'complaint_case'

),

months as (

    select * from {{ ref('int_complaint_month') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

-- a kind of case the force never delivered has no row: it may not be in the export
case_lines as (

    select distinct
        area_code,
        measure_id,
        breakdown_type,
        breakdown_value

    from months

),

summed as (

    select
        periods.area_code,
        periods.period_type,
        periods.period_start,
        months.measure_id,
        months.breakdown_type,
        months.breakdown_value,
        sum(months.cases) as cases

    from periods
    inner join months
        on periods.area_code = months.area_code
        and months.month between periods.period_start and periods.period_end

    where periods.status = 'final'
    group by 1, 2, 3, 4, 5, 6

),

counts as (

    select
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.source_kind,
        periods.extract_ids,
        case_lines.measure_id,
        case_lines.breakdown_type,
        case_lines.breakdown_value,
        case
            -- before the reform there were no such routes
            when
                case_lines.breakdown_type = 'route'
                and case_lines.breakdown_value in ('schedule_3', 'outside_schedule_3')
                and periods.period_end < {{ reform }}
                then 'not_collected'
            else periods.status
        end as status,
        coalesce(summed.cases, 0) as cases

    from periods
    inner join case_lines on periods.area_code = case_lines.area_code
    left join summed
        on periods.area_code = summed.area_code
        and periods.period_type = summed.period_type
        and periods.period_start = summed.period_start
        and case_lines.measure_id = summed.measure_id
        and case_lines.breakdown_type is not distinct from summed.breakdown_type
        and case_lines.breakdown_value is not distinct from summed.breakdown_value

),

routes as (

    select
        area_code,
        period_type,
        period_start,
        period_end,
        source_kind,
        extract_ids,
        max(case when breakdown_type is null then status end) as status,
        max(case when breakdown_type is null then cases end) as complaints,
        coalesce(max(case when breakdown_value = 'schedule_3' then cases end), 0) as schedule_3,
        coalesce(max(case when breakdown_value = 'outside_schedule_3' then cases end), 0) as outside_schedule_3

    from counts

    where
        measure_id = 'complaints_count'
        and (breakdown_type is null or breakdown_type = 'route')
    group by 1, 2, 3, 4, 5, 6

),

measured as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        cases as numerator,
        cast(null as bigint) as denominator,
        cast(null as bigint) as n_unknown,
        'received_in_period' as method_id,
        status,
        source_kind,
        extract_ids

    from counts

    union all

    select
        'complaints_schedule3_share' as measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value,
        schedule_3 as numerator,
        complaints as denominator,
        -- of the old regulations, or of a route not told
        complaints - schedule_3 - outside_schedule_3 as n_unknown,
        'schedule_3_of_all_complaints_received' as method_id,
        case
            when period_end < {{ reform }} then 'not_collected'
            when status <> 'final' then status
            when complaints = 0 then 'below_minimum'
            when schedule_3 + outside_schedule_3 = 0 then 'not_collected'
            else 'final'
        end as status,
        source_kind,
        extract_ids

    from routes

),

judged as (

    select
        measured.measure_id,
        measured.area_code,
        measured.period_type,
        measured.period_start,
        measured.period_end,
        measured.breakdown_type,
        measured.breakdown_value,
        cast(case when measured.status in ('final', 'below_minimum') then measured.numerator end as double)
            as numerator,
        cast(case when measured.status in ('final', 'below_minimum') then measured.denominator end as double)
            as denominator,
        cast(case when measured.status in ('final', 'below_minimum') then measured.n_unknown end as bigint)
            as n_unknown,
        measured.method_id,
        measured.status,
        measured.source_kind,
        measured.extract_ids,
        case measured.measure_id when 'complaints_schedule3_share' then 'share' else 'count' end as kind,
        exact_limits.lower_95,
        exact_limits.upper_95

    from measured
    left join exact_limits
        on measured.status = 'final'
        and measured.numerator = exact_limits.event_count

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
        numerator,
        denominator,
        {{ value_and_limits('kind') }},
        n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        'complaint_case' as source_id,
        status,
        extract_ids

    from judged

)

select * from final
