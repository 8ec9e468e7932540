{# Periods of the home force's own records, with what the figures of a period rest on. Its own are the sources that var
   expected_forces expects of no other force. #}
{% set own_sources = [] %}
{% for source, forces in var('expected_forces').items() if not forces %}
    {% do own_sources.append("'" ~ source ~ "'") %}
{% endfor %}

with

source_months as (

    select * from {{ ref('int_source_month') }}

    where
        source in ({{ own_sources | join(', ') }})
        and is_within_series

),

uncollected as (

    select * from {{ ref('uncollected_month') }}

),

periods as (

    select * from {{ ref('int_period') }}

),

months as (

    select
        source_months.source,
        source_months.force,
        source_months.area_code,
        source_months.month,
        source_months.extract_id,
        case when source_months.status = 'supplied' then 1 else 0 end as is_supplied,
        -- a month that was supplied all the same is supplied
        case when source_months.status <> 'supplied' and uncollected.month is not null then 1 else 0 end
            as is_uncollected,
        case when source_months.is_sample then 1 else 0 end as is_synthetic

    from source_months
    left join uncollected
        on source_months.source = uncollected.source
        and source_months.force = uncollected.force
        and source_months.month = uncollected.month

),

gathered as (

    select
        months.source,
        months.force,
        months.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.months as months_expected,
        count(*) as months_in_series,
        sum(months.is_supplied) as months_supplied,
        sum(months.is_uncollected) as months_uncollected,
        max(months.is_synthetic) as is_synthetic,
        {{ sorted_list('months.extract_id') }} as extract_ids

    from months
    inner join periods on months.month between periods.period_start and periods.period_end

    group by 1, 2, 3, 4, 5, 6, 7

),

final as (

    select
        source,
        force,
        area_code,
        period_type,
        period_start,
        period_end,
        case
            when months_supplied + months_uncollected < months_in_series then 'not_supplied'
            when months_in_series < months_expected then 'partial'
            when months_supplied = 0 then 'not_collected'
            else 'final'
        end as status,
        case when is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        extract_ids

    from gathered

    where
        period_type <> 'rolling_12m'
        or months_in_series = 12

)

select * from final
