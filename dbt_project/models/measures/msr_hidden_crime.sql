{# What follows from the hidden crime flags that forces return: flags of all strands, shares and ratios. #}
with

returned as (

    select * from {{ ref('msr_returned') }}

),

strands as (

    select
        measure_id,
        name as strand

    from {{ ref('return_measure') }}

    where
        measure_id like 'hidden_crime_%'
        and measure_id <> 'hidden_crime_total'

),

recorded as (

    select * from {{ ref('msr_recorded_crime') }} where measure_id = 'total_recorded_crime_count'

),

flags as (

    select
        returned.*,
        strands.strand

    from returned
    inner join strands on returned.measure_id = strands.measure_id

    where returned.breakdown_type = 'record_type'

),

periods as (

    select distinct
        area_code,
        period_type,
        period_start,
        period_end

    from flags

),

lines as (

    select
        area_code,
        period_type,
        measure_id,
        strand,
        breakdown_value as record_type,
        min(period_start) as first_start

    from flags

    group by 1, 2, 3, 4, 5

),

-- a strand that was returned once is missed from then on; before it was not collected
cells as (

    select
        lines.measure_id,
        lines.strand,
        lines.record_type,
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        flags.numerator,
        coalesce(
            flags.status,
            case when periods.period_start < lines.first_start then 'not_collected' else 'not_supplied' end
        ) as status,
        flags.source_kind,
        flags.extract_ids

    from periods
    inner join lines
        on periods.area_code = lines.area_code
        and periods.period_type = lines.period_type
    left join flags
        on periods.area_code = flags.area_code
        and periods.period_type = flags.period_type
        and periods.period_start = flags.period_start
        and lines.measure_id = flags.measure_id
        and lines.record_type = flags.breakdown_value

),

-- crimes and non-crimes of a strand beside each other
pairs as (

    select
        area_code,
        period_type,
        period_start,
        period_end,
        strand,
        max(case when record_type = 'crimes' then numerator end) as crimes,
        max(case when record_type = 'non-crimes' then numerator end) as non_crimes,
        coalesce(max(case when record_type = 'crimes' then status end), 'not_collected') as crimes_status,
        coalesce(max(case when record_type = 'non-crimes' then status end), 'not_collected') as non_crimes_status,
        max(case when source_kind = 'synthetic' then 1 else 0 end) as is_synthetic,
        max(case when record_type = 'crimes' and source_kind = 'synthetic' then 1 else 0 end) as is_crimes_synthetic,
        max(case when record_type = 'crimes' then extract_ids end) as crimes_extract_ids,
        max(case when record_type = 'non-crimes' then extract_ids end) as non_crimes_extract_ids

    from cells

    group by 1, 2, 3, 4, 5

),

paired as (

    select
        *,
        case
            when crimes is null then crimes_status
            when non_crimes is null then non_crimes_status
            when 'provisional' in (crimes_status, non_crimes_status) then 'provisional'
            else 'final'
        end as status,
        {{ list_union('crimes_extract_ids', 'non_crimes_extract_ids') }} as extract_ids

    from pairs

),

-- where it is given by several publications, the open data before the tables, and a return last
recorded_totals as (

    select
        area_code,
        period_type,
        period_start,
        numerator,
        source_kind,
        extract_ids,
        row_number() over (
            partition by area_code, period_type, period_start
            order by
                case when source_kind = 'synthetic' then 1 else 0 end,
                case source_id when 'performance_return' then 1 else 0 end,
                source_id
        ) as choice

    from (

        select
            area_code,
            period_type,
            period_start,
            numerator,
            source_kind,
            source_id,
            extract_ids,
            breakdown_type,
            value

        from recorded

        union all

        select
            area_code,
            period_type,
            period_start,
            numerator,
            source_kind,
            source_id,
            extract_ids,
            breakdown_type,
            value

        from returned

        where measure_id = 'total_recorded_crime_count'

    ) as given

    where
        breakdown_type is null
        and value is not null

),

measured as (

    -- the flags of a record overlap, so this is a number of flags and not of crimes
    select
        'hidden_crime_total' as measure_id,
        'sum_of_strand_flags' as method_id,
        area_code,
        period_type,
        period_start,
        period_end,
        'record_type' as breakdown_type,
        record_type as breakdown_value,
        sum(numerator) as numerator,
        cast(null as double) as denominator,
        'amount' as kind,
        coalesce(
            max(case when status not in ('final', 'provisional', 'not_collected') then status end),
            max(case when status = 'provisional' then status end),
            min(status)
        ) as status,
        max(case when source_kind = 'synthetic' then 1 else 0 end) as is_synthetic,
        {{ sorted_list('extract_id') }} as extract_ids

    from (

        select
            cells.*,
            {{ first_of('extract_ids') }} as extract_id

        from cells

    ) as single

    group by area_code, period_type, period_start, period_end, record_type

    union all

    select
        'hidden_crime_share' as measure_id,
        'flagged_of_recorded_crime' as method_id,
        paired.area_code,
        paired.period_type,
        paired.period_start,
        paired.period_end,
        'strand' as breakdown_type,
        paired.strand as breakdown_value,
        paired.crimes as numerator,
        recorded_totals.numerator as denominator,
        'share' as kind,
        case
            when paired.crimes is null then paired.crimes_status
            when recorded_totals.numerator is null then 'not_supplied'
            when recorded_totals.numerator = 0 then 'below_minimum'
            when paired.crimes > recorded_totals.numerator then 'not_comparable'
            else paired.crimes_status
        end as status,
        case when paired.is_crimes_synthetic = 1 or recorded_totals.source_kind = 'synthetic' then 1 else 0 end
            as is_synthetic,
        {{ list_union('paired.crimes_extract_ids', 'recorded_totals.extract_ids') }} as extract_ids

    from paired
    left join recorded_totals
        on paired.area_code = recorded_totals.area_code
        and paired.period_type = recorded_totals.period_type
        and paired.period_start = recorded_totals.period_start
        and recorded_totals.choice = 1

    union all

    select
        'hidden_crime_ratio' as measure_id,
        'crimes_over_non_crimes' as method_id,
        area_code,
        period_type,
        period_start,
        period_end,
        'strand' as breakdown_type,
        strand as breakdown_value,
        crimes as numerator,
        non_crimes as denominator,
        'ratio' as kind,
        case
            when status in ('final', 'provisional') and (crimes < 10 or non_crimes < 10) then 'below_minimum'
            else status
        end as status,
        is_synthetic,
        extract_ids

    from paired

),

-- what a force returned itself is not worked out beside it
alone as (

    select measured.*

    from measured
    left join returned
        on measured.measure_id = returned.measure_id
        and measured.area_code = returned.area_code
        and measured.period_type = returned.period_type
        and measured.period_start = returned.period_start
        and measured.breakdown_value is not distinct from returned.breakdown_value
        and returned.value is not null

    where returned.measure_id is null

),

-- flags, shares and ratios have no use for the limits of counts
limited as (

    select
        *,
        cast(null as double) as lower_95,
        cast(null as double) as upper_95

    from alone

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
        case when status in ('final', 'provisional', 'below_minimum') then cast(numerator as double) end as numerator,
        case when status in ('final', 'provisional', 'below_minimum') then cast(denominator as double) end as denominator,
        {{ value_and_limits('kind', given="status in ('final', 'provisional')") }},
        cast(null as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        'performance_return' as source_id,
        status,
        extract_ids

    from limited

)

select * from final
