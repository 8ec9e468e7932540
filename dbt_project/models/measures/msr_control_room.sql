with

periods as (

    select *
    from {{ ref('int_own_period') }}
    where source in ('control_room_call', 'control_room_incident')

),

months as (

    select * from {{ ref('int_control_room_month') }}

),

series as (

    select distinct
        source,
        area_code,
        measure_id,
        method_id,
        breakdown_type,
        breakdown_value

    from months

),

summed as (

    select
        periods.source,
        periods.area_code,
        periods.period_type,
        periods.period_start,
        months.measure_id,
        months.method_id,
        months.breakdown_type,
        months.breakdown_value,
        sum(months.numerator) as numerator,
        sum(months.denominator) as denominator,
        sum(months.n_unknown) as n_unknown

    from periods
    inner join months
        on periods.source = months.source
        and periods.area_code = months.area_code
        and months.month between periods.period_start and periods.period_end

    where periods.status = 'final'
    group by 1, 2, 3, 4, 5, 6, 7, 8

),

-- in a whole period, no record of a kind is none; in any other it is not known
tallied as (

    select
        periods.source,
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.status as period_status,
        periods.source_kind,
        periods.extract_ids,
        series.measure_id,
        series.method_id,
        series.breakdown_type,
        series.breakdown_value,
        {%- for tally in ['numerator', 'denominator', 'n_unknown'] %}
        case when periods.status = 'final' then cast(coalesce(summed.{{ tally }}, 0) as bigint) end as {{ tally }}
        {{- ',' if not loop.last }}
        {%- endfor %}

    from periods
    inner join series
        on periods.source = series.source
        and periods.area_code = series.area_code
    left join summed
        on periods.source = summed.source
        and periods.area_code = summed.area_code
        and periods.period_type = summed.period_type
        and periods.period_start = summed.period_start
        and series.measure_id = summed.measure_id
        and series.method_id = summed.method_id
        and series.breakdown_value is not distinct from summed.breakdown_value

),

judged as (

    select
        *,
        case
            when period_status <> 'final' then period_status
            when denominator > 0 then 'final'
            when n_unknown > 0 then 'not_collected'
            else 'below_minimum'
        end as status

    from tallied

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
        cast(numerator as double) as numerator,
        cast(denominator as double) as denominator,
        {{ value_and_limits("'share'", counts=false) }},
        n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        source as source_id,
        status,
        extract_ids

    from judged

)

select * from final
