with

indicators as (

    select * from {{ ref('dim_plan_indicator') }}

),

coverage as (

    select * from {{ ref('plan_coverage') }}

),

indicator_values as (

    select * from {{ ref('plan_indicator_value') }}

),

-- an indicator without a period of the kind the plan speaks of has a row all the same
indicator_rows as (

    select
        plan_indicator_id,
        period_type,
        period_start,
        period_end

    from indicator_values

    union all

    select
        indicators.plan_indicator_id,
        indicators.period_type,
        cast(null as date) as period_start,
        cast(null as date) as period_end

    from indicators
    left join indicator_values
        on indicators.plan_indicator_id = indicator_values.plan_indicator_id
        and indicator_values.is_headline_period

    where indicator_values.plan_indicator_id is null

),

target_values as (

    select * from {{ ref('plan_target_value') }}

),

comparisons as (

    select * from {{ ref('comparison') }}

    where comparison_type in ('same_period_last_year', 'rolling_12m_last_year')

),

baselines as (

    select * from {{ ref('mart_plan_baseline') }}

),

peers as (

    select * from {{ ref('peer_comparison') }}

),

points as (

    select * from {{ ref('spc_point') }}

),

breaks as (

    select * from {{ ref('series_break') }}

),

caveats as (

    select * from {{ ref('mart_caveat') }}

),

-- the baseline is a period of the same series, or a number that was printed
baseline_pairs as (

    select
        indicator_values.plan_indicator_id,
        indicator_values.series_id,
        indicator_values.measure_id,
        indicator_values.area_code,
        indicator_values.method_id,
        indicator_values.breakdown_type,
        indicator_values.breakdown_value,
        indicator_values.period_type,
        indicator_values.period_start,
        indicator_values.period_end,
        indicator_values.kind,
        indicator_values.direction,
        indicator_values.multiplier,
        indicator_values.value,
        indicator_values.numerator,
        indicator_values.denominator,
        indicator_values.ci_low,
        indicator_values.ci_high,
        baselines.period_start as reference_period_start,
        baselines.period_end as reference_period_end,
        baselines.baseline_value as reference_value,
        case
            when indicator_values.kind = 'count' then coalesce(baseline_values.numerator, baselines.baseline_value)
            else baseline_values.numerator
        end as reference_numerator,
        baseline_values.denominator as reference_denominator,
        baseline_values.ci_low as reference_ci_low,
        baseline_values.ci_high as reference_ci_high,
        case
            when {{ is_of_unequal_age('indicator_values.method_id') }} then 'unequal_age'
            when baselines.baseline_value is not null then 'final'
            else baseline_values.status
        end as reference_status

    from indicator_values
    inner join baselines
        on indicator_values.plan_indicator_id = baselines.plan_indicator_id
        and indicator_values.period_type = baselines.period_type
        -- periods that overlap share events, so no interval holds between them
        and indicator_values.period_start > baselines.period_end
    left join indicator_values as baseline_values
        on baselines.plan_indicator_id = baseline_values.plan_indicator_id
        and baselines.period_type = baseline_values.period_type
        and baselines.period_start = baseline_values.period_start
        and baselines.period_end = baseline_values.period_end

    where indicator_values.value is not null

),

broken_pairs as (
{{ with_last_break('baseline_pairs', 'breaks', ['plan_indicator_id', 'period_type', 'period_start']) }}
),

baseline_changes as (
{{ with_change('broken_pairs') }}
),

-- the last month of the period says how the process stands
last_points as (

    select
        indicator_values.plan_indicator_id,
        indicator_values.period_type,
        indicator_values.period_start,
        points.month,
        points.point_type,
        points.rule,
        points.mean,
        points.lpl,
        points.upl,
        points.is_trial_limits,
        points.direction as wanted,
        row_number() over (
            partition by indicator_values.plan_indicator_id, indicator_values.period_type, indicator_values.period_start
            order by points.month desc
        ) as position

    from indicator_values
    inner join points
        on {{ same_subject('points', 'indicator_values') }}
        and points.month >= indicator_values.period_start
        and points.month <= indicator_values.period_end

    where points.point_type is not null

),

said as (

    select
        indicator_values.plan_indicator_id,
        indicator_values.period_type,
        indicator_values.period_start,
        caveats.caveat

    from indicator_values
    inner join caveats
        on (
            caveats.plan_indicator_id = indicator_values.plan_indicator_id
            or (caveats.said_of = 'measure' and caveats.measure_id = indicator_values.measure_id)
        )
        and (caveats.valid_from is null or caveats.valid_from <= indicator_values.period_end)
        and (caveats.valid_to is null or caveats.valid_to >= indicator_values.period_start)

    union

    -- what lies between the period and the one it is held against
    select
        indicator_values.plan_indicator_id,
        indicator_values.period_type,
        indicator_values.period_start,
        concat(
            'Not comparable across ', {{ date_text('breaks.break_date', '%-d %B %Y', 'd MMMM yyyy') }}, ': ',
            breaks.what_changed
        ) as caveat

    from indicator_values
    inner join comparisons
        on indicator_values.series_id = comparisons.series_id
        and indicator_values.period_start = comparisons.period_start
        and indicator_values.period_end = comparisons.period_end
    inner join breaks
        on comparisons.break_id = breaks.break_id
        and {{ is_about('breaks', 'indicator_values') }}

),

caveats_of_periods as (

    select
        plan_indicator_id,
        period_type,
        period_start,
        {{ sorted_list('caveat') }} as caveats

    from said

    group by
        plan_indicator_id,
        period_type,
        period_start

),

gathered as (

    select
        indicators.plan_id,
        indicators.plan_title,
        indicators.plan_indicator_id,
        indicators.position,
        indicators.priority,
        indicators.indicator_name,
        indicators.level,
        indicators.direction,
        indicators.unit,
        indicators.measure_id,
        coalesce(indicator_values.series_id, coverage.series_id) as series_id,
        indicators.area_code,
        coalesce(indicator_values.period_type, indicators.period_type) as period_type,
        indicator_values.period_start,
        indicator_values.period_end,
        coalesce(indicator_values.is_headline_period, true) as is_headline_period,
        indicator_values.is_in_plan,
        indicator_values.kind,
        indicator_values.value,
        indicator_values.ci_low,
        indicator_values.ci_high,
        coalesce(indicator_values.status, 'not_supplied') as status,
        indicator_values.source_kind,
        coverage.state as coverage_state,
        coverage.reason as coverage_reason,
        comparisons.reference_period_start as previous_period_start,
        comparisons.reference_value as previous_value,
        comparisons.status as previous_status,
        comparisons.finding as previous_finding,
        comparisons.words as previous_words,
        comparisons.change_pct_low as previous_change_low,
        comparisons.change_pct_high as previous_change_high,
        baseline_changes.change_pct_low as baseline_change_low,
        baseline_changes.change_pct_high as baseline_change_high,
        baseline_changes.reference_period_start as baseline_period_start,
        baseline_changes.reference_period_end as baseline_period_end,
        baseline_changes.reference_value as baseline_value,
        baseline_changes.status as baseline_status,
        baseline_changes.finding as baseline_finding,
        baseline_changes.words as baseline_words,
        target_values.target_id,
        target_values.target_kind,
        target_values.comparison as target_comparison,
        target_values.target_level,
        target_values.reference as target_reference,
        target_values.target_change,
        target_values.reason as target_reason,
        peers.group_mean as comparator_value,
        peers.rank,
        peers.rank_low,
        peers.rank_high,
        peers.rank_of,
        peers.funnel_position,
        peers.words as comparator_words,
        last_points.month as variation_month,
        last_points.point_type as variation,
        last_points.rule as variation_rule,
        last_points.is_trial_limits,
        case
            when indicator_values.kind in ('share', 'ratio', 'mean') or indicator_values.period_type = 'month'
                then {{ spc_assurance('last_points.wanted', 'target_values.target_level', 'last_points.lpl', 'last_points.upl') }}
        end as assurance,
        coalesce(caveats_of_periods.caveats, {{ list_of('cast(null as varchar)') }}) as caveats

    from indicators
    inner join indicator_rows on indicators.plan_indicator_id = indicator_rows.plan_indicator_id
    left join coverage on indicators.plan_indicator_id = coverage.plan_indicator_id
    left join indicator_values
        on indicator_rows.plan_indicator_id = indicator_values.plan_indicator_id
        and indicator_rows.period_type = indicator_values.period_type
        and indicator_rows.period_start = indicator_values.period_start
    left join comparisons
        on indicator_values.series_id = comparisons.series_id
        and indicator_values.period_start = comparisons.period_start
        and indicator_values.period_end = comparisons.period_end
    left join baseline_changes
        on indicator_values.plan_indicator_id = baseline_changes.plan_indicator_id
        and indicator_values.period_type = baseline_changes.period_type
        and indicator_values.period_start = baseline_changes.period_start
    left join target_values
        on indicator_values.plan_indicator_id = target_values.plan_indicator_id
        and indicator_values.period_type = target_values.period_type
        and indicator_values.period_start = target_values.period_start
    left join peers
        on indicator_values.series_id = peers.series_id
        and indicator_values.period_start = peers.period_start
        and indicator_values.period_end = peers.period_end
    left join last_points
        on indicator_values.plan_indicator_id = last_points.plan_indicator_id
        and indicator_values.period_type = last_points.period_type
        and indicator_values.period_start = last_points.period_start
        and last_points.position = 1
    left join caveats_of_periods
        on indicator_values.plan_indicator_id = caveats_of_periods.plan_indicator_id
        and indicator_values.period_type = caveats_of_periods.period_type
        and indicator_values.period_start = caveats_of_periods.period_start

),

-- against what the verdict is spoken: the target, else the same period a year before, else the baseline
weighed as (

    select
        *,
        value - target_level as distance_to_target,
        {{ keeps_target('value', 'target_comparison', 'target_level') }} as is_target_kept,
        -- a change that is asked for is held against the interval of the change, a level against that of the value
        case
            when target_level is null then null
            when target_change is not null and target_reference = 'baseline' and target_comparison = 'at_least'
                then coalesce(baseline_change_high >= target_change, false)
            when target_change is not null and target_reference = 'baseline'
                then coalesce(baseline_change_low <= target_change, false)
            when target_change is not null and target_comparison = 'at_least'
                then coalesce(previous_change_high >= target_change, false)
            when target_change is not null then coalesce(previous_change_low <= target_change, false)
            when target_comparison = 'at_least' then coalesce(ci_high, value) >= target_level
            when target_comparison = 'at_most' then coalesce(ci_low, value) <= target_level
            when target_comparison = 'equal' then target_level between coalesce(ci_low, value) and coalesce(ci_high, value)
        end as is_target_within_interval,
        coalesce(
            case when previous_status = 'comparable' then previous_finding end,
            case when baseline_status = 'comparable' then baseline_finding end
        ) as finding,
        case
            when previous_status = 'comparable' and previous_finding is not null then 'previous'
            when baseline_status = 'comparable' and baseline_finding is not null then 'baseline'
        end as found_against

    from gathered

),

judged as (

    select
        *,
        case
            when value is null and status = 'not_comparable' then 'not_comparable'
            when value is null then 'not_supplied'
            when is_target_kept then 'met'
            when is_target_within_interval then 'on_track'
            when target_level is not null then 'off_track'
            when finding is null then 'not_comparable'
            when finding = 'no_clear_change' and direction = 'maintain' then 'on_track'
            when finding = 'no_clear_change' then 'no_clear_change'
            when direction = 'maintain' then 'off_track'
            when finding = direction then 'on_track'
            when direction in ('higher', 'lower') then 'off_track'
        end as verdict,
        case
            when value is not null and target_level is not null then 'target'
            when value is not null and direction in ('neutral', 'more_reporting') and finding <> 'no_clear_change'
                then 'no_direction'
            when value is not null then found_against
        end as judged_against

    from weighed

),

final as (

    select
        plan_indicator_id,
        plan_id,
        plan_title,
        position,
        priority,
        indicator_name,
        level,
        direction,
        unit,
        measure_id,
        series_id,
        area_code,
        period_type,
        period_start,
        period_end,
        case when period_start is not null then {{ period_label('period_type', 'period_start', 'period_end') }} end as period_label,
        is_headline_period,
        is_in_plan,
        row_number() over (
            partition by plan_indicator_id
            order by {{ shown_first('judged') }}
        ) = 1 as is_latest,
        kind,
        {{ value_decimals('value', 'kind', 'unit') }} as decimals,
        value,
        ci_low,
        ci_high,
        status,
        previous_period_start,
        previous_value,
        previous_status,
        previous_finding,
        previous_words,
        baseline_period_start,
        baseline_period_end,
        baseline_value,
        baseline_status,
        baseline_finding,
        baseline_words,
        target_id,
        target_kind,
        target_comparison,
        target_level,
        distance_to_target,
        comparator_value,
        rank,
        rank_low,
        rank_high,
        rank_of,
        funnel_position,
        comparator_words,
        variation_month,
        variation,
        variation_rule,
        is_trial_limits,
        assurance,
        verdict,
        judged_against,
        case
            when period_start is null then concat(indicator_name, ': ', coverage_reason)
            when value is null
                then concat(
                    indicator_name, ', ', {{ period_text('period_type', 'period_start', 'period_end') }}, ': no value (',
                    replace(status, '_', ' '), ').'
                )
            else concat(
                indicator_name, ', ', {{ period_text('period_type', 'period_start', 'period_end') }},
                case when is_in_plan then '' else ' (outside the years of the plan)' end, ': ',
                {{ with_unit(value_text('value', 'kind', 'unit'), 'kind', 'unit') }},
                coalesce(
                    ' (' || {{ value_text('ci_low', 'kind', 'unit') }} || ' to ' || {{ value_text('ci_high', 'kind', 'unit') }} || ')',
                    ''
                ),
                case
                    when target_level is null then ''
                    else concat(
                        '; target ',
                        case target_comparison when 'at_least' then 'at least ' when 'at_most' then 'at most ' else '' end,
                        {{ value_text('target_level', 'kind', 'unit') }},
                        case
                            when is_target_kept then ': met'
                            when is_target_within_interval then ': missed, within the margin of error'
                            else ': missed'
                        end
                    )
                end,
                case
                    when previous_status in ('comparable', 'too_few')
                        then concat('; against the year before ', previous_words)
                    -- what changed at a break stands among the caveats
                    when previous_words like 'not comparable across%'
                        then concat('; against the year before ', split_part(previous_words, ':', 1))
                    when previous_status = 'not_comparable' then concat('; against the year before ', previous_words)
                    when previous_status = 'not_supplied' then '; no value for the year before'
                    else ''
                end,
                case
                    when baseline_status = 'comparable' and baseline_period_start is distinct from previous_period_start
                        then concat(
                            '; against ', {{ period_text('period_type', 'baseline_period_start', 'baseline_period_end') }},
                            ' ', baseline_words
                        )
                    when baseline_status = 'not_comparable' and baseline_period_start is distinct from previous_period_start
                        then concat(
                            '; against ', {{ period_text('period_type', 'baseline_period_start', 'baseline_period_end') }},
                            ' ', split_part(baseline_words, ':', 1)
                        )
                    else ''
                end,
                -- its first words are the value again
                coalesce('; ' || substr(comparator_words, instr(comparator_words, ', ') + 2), ''),
                case variation
                    when 'special_cause_improvement' then '; the monthly series shows improvement beyond chance'
                    when 'special_cause_concern' then '; the monthly series shows worsening beyond chance'
                    when 'special_cause_neutral_high' then '; the monthly series runs high beyond chance'
                    when 'special_cause_neutral_low' then '; the monthly series runs low beyond chance'
                    when 'common_cause' then '; the monthly series varies as by chance'
                    else ''
                end,
                '.',
                case when source_kind = 'synthetic' then ' SAMPLE DATA.' else '' end
            )
        end as sentence,
        caveats,
        coverage_state,
        source_kind

    from judged

)

select * from final
