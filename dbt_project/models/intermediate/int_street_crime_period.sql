with

area_months as (

    select
        *,
        case when is_in_use then 1 else 0 end as months_in_use

    from {{ ref('int_street_crime_area_month') }}

),

months as (

    select * from {{ ref('int_month') }}

),

supply as (

    select * from {{ ref('int_supply_period') }} where source = 'police_uk_street'

),

by_month as (

    select
        force,
        area_code,
        crime_type,
        'month' as period_type,
        month as period_start,
        months_in_use,
        crime_count,
        n_unknown

    from area_months

),

rolling as (

    select
        force,
        area_code,
        crime_type,
        'rolling_12m' as period_type,
        {{ add_months('month', -11) }} as period_start,
        sum(months_in_use) over last_twelve as months_in_use,
        sum(crime_count) over last_twelve as crime_count,
        sum(n_unknown) over last_twelve as n_unknown

    from area_months

    window
        last_twelve as (
            partition by area_code, crime_type order by month rows between 11 preceding and current row
        )

),

by_fin_year as (

    select
        area_months.force,
        area_months.area_code,
        area_months.crime_type,
        'fin_year' as period_type,
        months.fin_year_start as period_start,
        sum(area_months.months_in_use) as months_in_use,
        sum(area_months.crime_count) as crime_count,
        sum(area_months.n_unknown) as n_unknown

    from area_months
    inner join months on area_months.month = months.month

    group by area_months.force, area_months.area_code, area_months.crime_type, months.fin_year_start

),

periods as (

    select * from by_month

    union all

    select * from rolling

    union all

    select * from by_fin_year

),

-- the supply knows which periods exist and which are whole; a category that was in use in a part of
-- the period only is another category before or after: not comparable
judged as (

    select
        periods.force,
        periods.area_code,
        periods.crime_type,
        periods.period_type,
        periods.period_start,
        supply.period_end,
        periods.crime_count,
        periods.n_unknown,
        case
            when supply.status <> 'final' then supply.status
            when periods.months_in_use < supply.months_expected then 'not_comparable'
            else 'final'
        end as status,
        supply.source_kind,
        supply.extract_ids

    from periods
    inner join supply
        on periods.force = supply.force
        and periods.period_type = supply.period_type
        and periods.period_start = supply.period_start

    where
        periods.months_in_use > 0
        and supply.has_breakdowns

    union all

    -- outside a force's own series one row per period says what is missing, for its total alone
    select
        force,
        area_code,
        cast(null as varchar) as crime_type,
        period_type,
        period_start,
        period_end,
        cast(null as bigint) as crime_count,
        cast(null as bigint) as n_unknown,
        status,
        source_kind,
        extract_ids

    from supply

    where not has_breakdowns

),

final as (

    select
        force,
        area_code,
        crime_type,
        period_type,
        period_start,
        period_end,
        case when status = 'final' then cast(crime_count as bigint) end as crime_count,
        case when status = 'final' then cast(n_unknown as bigint) end as n_unknown,
        status,
        source_kind,
        extract_ids

    from judged

)

select * from final
