{# Which comparisons a span of each type has, and how many months its reference lies back. #}
{% set asked = [
    ('month', 'same_period_last_year', 12), ('month', 'previous_period', 1),
    ('quarter', 'same_period_last_year', 12), ('quarter', 'previous_period', 3),
    ('fin_year', 'same_period_last_year', 12), ('fin_year', 'previous_period', 12),
    ('cal_year', 'same_period_last_year', 12), ('cal_year', 'previous_period', 12),
    ('rolling_12m', 'rolling_12m_last_year', 12),
    ('fin_year_to_date', 'fin_year_to_date', 12), ('cal_year_to_date', 'cal_year_to_date', 12),
] %}
{% set carried = [
    'series_id', 'measure_id', 'area_code', 'method_id', 'denominator_basis', 'breakdown_type', 'breakdown_value', 'kind',
    'direction', 'multiplier', 'period_type',
] %}

with

home_series as (

    select * from {{ ref('dim_series') }}

    where
        is_home
        and period_type <> 'snapshot'

),

measure_values as (

    select * from {{ ref('measure_value') }}

    where area_code in (select area_code from home_series)

),

return_measures as (

    select * from {{ ref('return_measure') }}

),

breaks as (

    select * from {{ ref('series_break') }}

),

home_values as (

    select
        home_series.series_id,
        home_series.measure_id,
        home_series.area_code,
        home_series.method_id,
        home_series.denominator_basis,
        home_series.breakdown_type,
        home_series.breakdown_value,
        home_series.kind,
        home_series.direction,
        home_series.multiplier,
        home_series.period_type,
        measure_values.period_start,
        measure_values.period_end,
        measure_values.value,
        measure_values.numerator,
        measure_values.denominator,
        measure_values.ci_low,
        measure_values.ci_high,
        measure_values.status,
        measure_values.source_kind

    from measure_values
    inner join home_series on {{ series_id('measure_values') }} = home_series.series_id

),

-- What months may be added up: counts, and quotients whose two numbers are known; no median or ratio is the sum of its
-- months. A measure that is returned by month and never by year is a level, and levels are not added up.
months as (

    select
        home_values.*,
        case
            when home_values.numerator is not null and home_values.status in ('final', 'provisional', 'below_minimum') then 1
            else 0
        end as is_whole

    from home_values
    left join return_measures on home_values.measure_id = return_measures.measure_id

    where
        home_values.period_type = 'month'
        and (
            home_values.kind in ('count', 'rate')
            or (home_values.kind in ('share', 'mean') and home_values.denominator is not null)
        )
        and (return_measures.measure_id is null or return_measures.period_types like '%year%')

),

{% for year in ['fin', 'cal'] %}
{% set year_start = fin_year_start('period_start') if year == 'fin' else cal_year_start('period_start') %}
{{ year }}_year_sums as (

    select
        {{ carried | join(',\n        ') }},
        {{ year_start }} as period_start,
        period_end,
        denominator,
        {{ ordered_sum('numerator', 'year_to_date') }} as numerator_sum,
        {{ ordered_sum('denominator', 'year_to_date') }} as denominator_sum,
        max(case when source_kind = 'synthetic' then 1 else 0 end) over year_to_date as has_synthetic,
        source_kind,
        sum(is_whole) over year_to_date as whole_months,
        {{ months_between(year_start, 'period_start') }} + 1 as month_number

    from months

    window year_to_date as (partition by series_id, {{ year_start }} order by period_start)

),

{% endfor %}
years_to_date as (
    {% for year in ['fin', 'cal'] %}
    select
        '{{ year }}_year_to_date' as span_type,
        {{ carried | join(',\n        ') }},
        period_start,
        period_end,
        case
            when kind = 'count' then numerator_sum
            -- events so far over the residents of the month's row
            when kind = 'rate' then {{ rate('numerator_sum', 'denominator', 'multiplier') }}
            else {{ rate('numerator_sum', 'denominator_sum', 'multiplier') }}
        end as value,
        numerator_sum as numerator,
        case when kind = 'rate' then denominator else denominator_sum end as denominator,
        case when has_synthetic = 1 then 'synthetic' else source_kind end as source_kind

    from {{ year }}_year_sums

    where whole_months = month_number
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}

),

spans as (

    select
        period_type as span_type,
        {{ carried | join(',\n        ') }},
        period_start,
        period_end,
        value,
        numerator,
        denominator,
        ci_low,
        ci_high,
        source_kind,
        status

    from home_values

    union all

    select
        span_type,
        {{ carried | join(',\n        ') }},
        period_start,
        period_end,
        value,
        numerator,
        denominator,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        source_kind,
        'final' as status

    from years_to_date

),

asked as (
    {% for span_type, comparison_type, months_back in asked %}
    select
        '{{ span_type }}' as span_type,
        '{{ comparison_type }}' as comparison_type,
        {{ months_back }} as months_back
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

questions as (

    select
        spans.*,
        asked.comparison_type,
        {{ add_months('spans.period_start', '-asked.months_back') }} as reference_period_start,
        {{ month_end(add_months('spans.period_end', '-asked.months_back')) }} as reference_period_end

    from spans
    inner join asked on spans.span_type = asked.span_type

    where spans.value is not null

),

pairs as (

    select
        questions.series_id,
        questions.measure_id,
        questions.area_code,
        questions.period_type,
        questions.method_id,
        questions.denominator_basis,
        questions.breakdown_type,
        questions.breakdown_value,
        questions.kind,
        questions.direction,
        questions.multiplier,
        questions.period_start,
        questions.period_end,
        questions.comparison_type,
        questions.value,
        questions.numerator,
        questions.denominator,
        questions.ci_low,
        questions.ci_high,
        questions.reference_period_start,
        questions.reference_period_end,
        reference_spans.value as reference_value,
        reference_spans.numerator as reference_numerator,
        reference_spans.denominator as reference_denominator,
        reference_spans.ci_low as reference_ci_low,
        reference_spans.ci_high as reference_ci_high,
        {{ status_of_other_period('reference_spans') }} as reference_status,
        case
            when reference_spans.source_kind = 'synthetic' then 'synthetic'
            else questions.source_kind
        end as source_kind

    from questions
    left join spans as reference_spans
        on questions.series_id = reference_spans.series_id
        and questions.span_type = reference_spans.span_type
        and questions.reference_period_start = reference_spans.period_start
        and questions.reference_period_end = reference_spans.period_end

),

broken_pairs as (
{{ with_last_break('pairs', 'breaks', ['series_id', 'comparison_type', 'period_end']) }}
),

changes as (
{{ with_change('broken_pairs') }}
),

final as (

    select
        series_id,
        measure_id,
        area_code,
        period_type,
        method_id,
        denominator_basis,
        breakdown_type,
        breakdown_value,
        period_start,
        period_end,
        comparison_type,
        value,
        reference_period_start,
        reference_period_end,
        reference_value,
        difference,
        difference_low,
        difference_high,
        change_pct,
        change_pct_low,
        change_pct_high,
        interval_method,
        status,
        break_id,
        finding,
        finding_direction,
        words,
        {{ days_in_period('period_start', 'period_end') }} as days,
        {{ days_in_period('reference_period_start', 'reference_period_end') }} as reference_days,
        {{ holds_leap_day('period_start', 'period_end') }}
        <> {{ holds_leap_day('reference_period_start', 'reference_period_end') }} as has_leap_day,
        source_kind

    from changes

)

select * from final
