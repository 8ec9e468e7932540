with

source_months as (

    select * from {{ ref('int_source_month') }} where is_supplier

),

months as (

    select * from {{ ref('int_month') }}

),

monthly as (

    select
        source_months.source,
        source_months.force,
        source_months.area_code,
        source_months.month,
        months.month_end,
        months.fin_year_start,
        months.fin_year_end,
        source_months.extract_id,
        case when source_months.status = 'supplied' then 1 else 0 end as is_supplied,
        case when source_months.is_sample then 1 else 0 end as is_synthetic,
        case when source_months.is_within_series then 1 else 0 end as is_within

    from source_months
    inner join months on source_months.month = months.month

),

by_month as (

    select
        source,
        force,
        area_code,
        'month' as period_type,
        month as period_start,
        month_end as period_end,
        1 as months_expected,
        1 as months_in_series,
        is_supplied as months_supplied,
        is_synthetic,
        is_within = 1 as has_breakdowns,
        {{ list_of('extract_id') }} as extract_ids

    from monthly

),

-- there is one row per month of the source, supplied or not: twelve rows are twelve months
rolling as (

    select
        source,
        force,
        area_code,
        'rolling_12m' as period_type,
        {{ add_months('month', -11) }} as period_start,
        month_end as period_end,
        12 as months_expected,
        count(*) over last_twelve as months_in_series,
        sum(is_supplied) over last_twelve as months_supplied,
        max(is_synthetic) over last_twelve as is_synthetic,
        sum(is_within) over last_twelve = 12 as has_breakdowns,
        {{ sorted_list_over('extract_id', 'source, force', 'month', 12) }} as extract_ids

    from monthly

    window
        last_twelve as (
            partition by source, force order by month rows between 11 preceding and current row
        )

),

by_fin_year as (

    select
        source,
        force,
        area_code,
        'fin_year' as period_type,
        fin_year_start as period_start,
        fin_year_end as period_end,
        12 as months_expected,
        count(*) as months_in_series,
        sum(is_supplied) as months_supplied,
        max(is_synthetic) as is_synthetic,
        max(is_within) = 1 as has_breakdowns,
        {{ sorted_list('extract_id') }} as extract_ids

    from monthly

    group by source, force, area_code, fin_year_start, fin_year_end

),

periods as (

    select * from by_month

    union all

    select * from rolling where months_in_series = 12

    union all

    select * from by_fin_year

),

final as (

    select
        source,
        force,
        area_code,
        period_type,
        period_start,
        period_end,
        cast(months_expected as integer) as months_expected,
        cast(months_in_series as integer) as months_in_series,
        cast(months_supplied as integer) as months_supplied,
        has_breakdowns,
        -- a month that others supplied is told before one that nobody has yet: waiting mends only the latter
        case
            when months_supplied < months_in_series then 'not_supplied'
            when months_in_series < months_expected then 'partial'
            else 'final'
        end as status,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        extract_ids

    from periods

)

select * from final
