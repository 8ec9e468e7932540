{# What there is of each plan indicator, and what is awaited where there is nothing. #}
with

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

measure_values as (

    select * from {{ ref('measure_value') }}

),

figures as (

    select * from {{ ref('published_figure') }}

),

extracts as (

    select * from {{ source('ops', 'extract') }}

),

-- a source with nothing but samples has still to come
supplied as (

    select distinct source

    from extracts

    where status = 'loaded' and not coalesce(is_sample, false)

),

sources_of_indicator as (

    select
        plan_indicator_id,
        {{ list_items('sources') }} as source

    from indicators

    where sources is not null

),

-- a return counts for the measures it holds, so it is always awaited where there is no value
held as (

    select
        sources_of_indicator.plan_indicator_id,
        sources_of_indicator.source,
        supplied.source is not null and sources_of_indicator.source <> 'performance_return' as is_held,
        min(supplied.source is not null and sources_of_indicator.source <> 'performance_return')
            over (partition by sources_of_indicator.plan_indicator_id) as all_held

    from sources_of_indicator
    left join supplied on sources_of_indicator.source = supplied.source

),

-- where something of every source is there, more of them is awaited
awaited as (

    select
        plan_indicator_id,
        {{ joined_words("replace(source, '_', ' ')", ' or ') }} as awaited_words,
        {{ joined_words('source', ';') }} as awaited_sources

    from held

    where all_held or not is_held

    group by plan_indicator_id

),

printed as (

    select
        plan_indicator_id,
        count(*) as figure_count

    from figures

    group by plan_indicator_id

),

valued as (

    select
        indicators.plan_indicator_id,
        measure_values.method_id,
        measure_values.denominator_id,
        measure_values.measure_id,
        measure_values.area_code,
        measure_values.period_type,
        measure_values.breakdown_type,
        measure_values.breakdown_value,
        measure_values.period_start,
        measure_values.period_end,
        measure_values.source_kind,
        case
            when indicators.period_type <> measure_values.period_type then 0
            when coalesce(indicators.breakdown_type, '-') <> coalesce(measure_values.breakdown_type, '-') then 0
            when coalesce(indicators.breakdown_value, '-') <> coalesce(measure_values.breakdown_value, '-') then 0
            when measure_values.method_id = 'as_returned' and indicators.method_id <> 'as_returned' then 1
            when indicators.method_id <> measure_values.method_id then 0
            when
                coalesce(indicators.denominator_basis, '-')
                <> coalesce({{ denominator_basis('measure_values.denominator_id') }}, '-')
                and indicators.method_id <> 'as_returned'
                then 0
            else 2
        end as fit

    from indicators
    inner join measure_values
        on indicators.measure_id = measure_values.measure_id
        and indicators.area_code = measure_values.area_code

    where measure_values.value is not null

),

-- fit 2 is the series of the indicator, 1 the same returned in place of computed, 0 another of the measure
by_series as (

    select
        plan_indicator_id,
        fit,
        {{ series_id('valued') }} as series_id,
        method_id,
        min(period_start) as first_period_start,
        max(period_end) as last_period_end,
        count(*) as value_count,
        max(case when source_kind = 'synthetic' then 0 else 1 end) as is_real,
        max(case when source_kind in ('computed', 'modelled') then 1 else 0 end) as is_computed,
        max(case when source_kind = 'returned' then 1 else 0 end) as is_returned

    from valued

    group by
        plan_indicator_id,
        fit,
        {{ series_id('valued') }},
        method_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by plan_indicator_id
            order by is_real desc, fit desc, value_count desc, series_id
        ) as place

    from by_series

    where fit > 0

),

other_series as (

    select
        plan_indicator_id,
        count(*) as other_series_count

    from by_series

    where fit = 0

    group by plan_indicator_id

),

judged as (

    select
        indicators.plan_indicator_id,
        indicators.plan_id,
        indicators.indicator_name,
        indicators.measure_id,
        indicators.area_code,
        indicators.sources,
        indicators.datasets,
        case
            when indicators.sources is null then 'not_measurable'
            when ranked.is_computed = 1 then 'computed'
            when ranked.is_returned = 1 then 'returned'
            when ranked.is_real = 1 then 'published'
            when ranked.plan_indicator_id is not null then 'sample_only'
            else 'awaiting_source'
        end as state,
        ranked.series_id,
        ranked.method_id,
        ranked.first_period_start,
        ranked.last_period_end,
        coalesce(ranked.value_count, 0) as value_count,
        coalesce(other_series.other_series_count, 0) as other_series_count,
        coalesce(printed.figure_count, 0) as figure_count,
        awaited.awaited_sources,
        awaited.awaited_words

    from indicators
    left join ranked
        on indicators.plan_indicator_id = ranked.plan_indicator_id
        and ranked.place = 1
        and indicators.sources is not null
    left join awaited on indicators.plan_indicator_id = awaited.plan_indicator_id
    left join other_series on indicators.plan_indicator_id = other_series.plan_indicator_id
    left join printed on indicators.plan_indicator_id = printed.plan_indicator_id

),

final as (

    select
        plan_indicator_id,
        plan_id,
        indicator_name,
        measure_id,
        area_code,
        state,
        case when state in ('sample_only', 'awaiting_source') then awaited_sources end as awaited_sources,
        series_id,
        method_id,
        first_period_start,
        last_period_end,
        value_count,
        other_series_count,
        figure_count,
        concat(
            case state
                when 'computed' then 'Computed from records'
                when 'returned' then 'Given by a performance return'
                when 'published' then 'Taken from published statistics'
                when 'sample_only' then concat('Sample values alone, awaiting ', awaited_words)
                when 'not_measurable' then 'Not measurable: no source and no return has a place for it'
                when 'awaiting_source' then concat('No value, awaiting ', awaited_words)
            end,
            case
                when value_count > 0
                    then concat(
                        '; ', value_count, case value_count when 1 then ' value' else ' values' end, ' from ',
                        {{ date_text('first_period_start', '%b %Y', 'MMM yyyy') }}, ' to ',
                        {{ date_text('last_period_end', '%b %Y', 'MMM yyyy') }}
                    )
                else ''
            end,
            case
                when state in ('sample_only', 'awaiting_source', 'not_measurable')
                    then concat('; the records are: ', datasets)
                else ''
            end,
            case
                when state = 'awaiting_source' and other_series_count > 0
                    then '; other series of the measure have values'
                else ''
            end,
            '.'
        ) as reason

    from judged

)

select * from final
