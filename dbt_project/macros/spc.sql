{#
    Process limits (XmR) and the four rules for special causes of "Making data count" (docs: spc).
    What is compared with what, and in which order numbers are added, follows the R package NHSRplotthedots, so that a
    point on the edge of a rule falls to the same side.
#}

{# Distance of a process limit from the mean, in mean moving ranges. #}
{% macro xmr_limit_factor() -%}{{ return(adapter.dispatch('xmr_limit_factor', 'fpw')()) }}{%- endmacro %}
{% macro default__xmr_limit_factor() -%}2.66e0{%- endmacro %}


{# The same of a near limit: two thirds of the way. #}
{% macro xmr_near_factor() -%}{{ return(adapter.dispatch('xmr_near_factor', 'fpw')()) }}{%- endmacro %}
{% macro default__xmr_near_factor() -%}(2.0e0 * ({{ fpw.xmr_limit_factor() }} / 3.0e0)){%- endmacro %}


{# Moving ranges of this many times their mean or more are left out when screening. #}
{% macro xmr_screening_factor() -%}{{ return(adapter.dispatch('xmr_screening_factor', 'fpw')()) }}{%- endmacro %}
{% macro default__xmr_screening_factor() -%}3.267e0{%- endmacro %}


{# Points a segment needs before its limits are more than a trial. #}
{% macro xmr_enough_points() -%}{{ return(adapter.dispatch('xmr_enough_points', 'fpw')()) }}{%- endmacro %}
{% macro default__xmr_enough_points() -%}12{%- endmacro %}


{#
    Query that gives every row of a relation its limits, rule and type of point.

    The relation has series_id, segment, point_number (BIGINT, its place in time), value (DOUBLE) and direction
    (increase, decrease or neutral: what an improvement is); series_id and point_number are its key. Further columns are
    passed on. A row without a segment belongs to none and has no limits. Two points are neighbours when nothing lies
    between them: they are as far apart as the closest rows of the series. Across a gap there is no moving range and
    no rule.
#}
{% macro xmr_points(relation, screening) -%}
    {{ return(adapter.dispatch('xmr_points', 'fpw')(relation, screening)) }}
{%- endmacro %}
{% macro default__xmr_points(relation, screening) -%}
    with

    spaced as (

        select
            series_id,
            segment,
            point_number,
            value,
            point_number - lag(point_number) over (partition by series_id order by point_number) as spacing

        from {{ relation }}

    ),

    stepped as (

        select
            *,
            min(spacing) over (partition by series_id) as step

        from spaced

    ),

    compared as (

        select
            *,
            case
                when point_number - lag(point_number) over in_segment = step then value - lag(value) over in_segment
            end as difference

        from stepped

        where value is not null and segment is not null
        window in_segment as (partition by series_id, segment order by point_number)

    ),

    -- a stretch is a run of neighbours
    stretched as (

        select
            *,
            sum(case when difference is null then 1 else 0 end) over (
                partition by series_id, segment order by point_number
            ) as stretch

        from compared

    ),

    averages as (

        select
            series_id,
            segment,
            count(*) as points_in_segment,
            {{ fpw.ordered_avg('value') }} as mean_value,
            {{ fpw.ordered_avg('abs(difference)') }} as mean_range

        from compared

        group by series_id, segment

    ),

    centred as (

        select
            compared.series_id,
            compared.segment,
            min(averages.points_in_segment) as points_in_segment,
            -- the second pass takes out what the first lost in rounding: values that are all the same are their mean
            min(averages.mean_value) + {{ fpw.ordered_avg('compared.value - averages.mean_value') }} as mean,
            {% if screening -%}
            coalesce(
                {{ fpw.ordered_avg(
                    'case when abs(compared.difference) < ' ~ fpw.xmr_screening_factor()
                    ~ ' * averages.mean_range then abs(compared.difference) end'
                ) }},
                -- all ranges are 0
                min(averages.mean_range)
            ) as mean_range,
            count(case
                when
                    averages.mean_range > 0
                    and abs(compared.difference) >= {{ fpw.xmr_screening_factor() }} * averages.mean_range
                    then 1
            end) as ranges_screened
            {%- else -%}
            min(averages.mean_range) as mean_range,
            cast(0 as bigint) as ranges_screened
            {%- endif %}

        from compared
        inner join averages
            on compared.series_id = averages.series_id
            and compared.segment = averages.segment

        group by compared.series_id, compared.segment

    ),

    limits as (

        select
            series_id,
            segment,
            points_in_segment,
            ranges_screened,
            mean,
            mean - {{ fpw.xmr_limit_factor() }} * mean_range as lpl,
            mean + {{ fpw.xmr_limit_factor() }} * mean_range as upl,
            mean - {{ fpw.xmr_near_factor() }} * mean_range as near_lpl,
            mean + {{ fpw.xmr_near_factor() }} * mean_range as near_upl

        from centred

    ),

    judged as (

        select
            stretched.series_id,
            stretched.segment,
            stretched.stretch,
            stretched.point_number,
            stretched.difference,
            cast(sign(stretched.difference) as integer) as course,
            cast(sign(stretched.value - limits.mean) as integer) as side,
            case when stretched.value > limits.upl or stretched.value < limits.lpl then 1 else 0 end as is_outside,
            case
                when stretched.value > limits.upl or stretched.value < limits.lpl then 0
                when stretched.value > limits.near_upl or stretched.value < limits.near_lpl then 1
                else 0
            end as is_close

        from stretched
        inner join limits
            on stretched.series_id = limits.series_id
            and stretched.segment = limits.segment

    ),

    -- whether a pattern is complete with this point
    completed as (

        select
            *,
            case when abs(sum(course) over six) = 6 then 1 else 0 end as completes_trend,
            case when abs(sum(side) over three) = 3 and sum(is_close) over three >= 2 then 1 else 0 end
                as completes_two_in_three,
            case when abs(sum(side) over seven) = 7 then 1 else 0 end as completes_one_side

        from judged

        window
            three as (
                partition by series_id, segment, stretch order by point_number rows between 2 preceding and current row
            ),
            six as (
                partition by series_id, segment, stretch order by point_number rows between 5 preceding and current row
            ),
            seven as (
                partition by series_id, segment, stretch order by point_number rows between 6 preceding and current row
            )

    ),

    -- whether the point is part of a pattern that one of the following points completes
    marked as (

        select
            *,
            max(completes_trend) over seven as in_trend,
            is_close * max(completes_two_in_three) over three as in_two_in_three,
            max(completes_one_side) over seven as in_one_side

        from completed

        window
            three as (
                partition by series_id, segment, stretch order by point_number rows between current row and 2 following
            ),
            seven as (
                partition by series_id, segment, stretch order by point_number rows between current row and 6 following
            )

    ),

    ruled as (

        select
            series_id,
            point_number,
            abs(difference) as moving_range,
            case
                when is_outside = 1 then 'outside_limits'
                when in_trend = 1 then 'trend'
                when in_two_in_three = 1 then 'two_in_three'
                when in_one_side = 1 then 'one_side'
            end as rule,
            case
                when is_outside = 0 and in_trend = 1 then
                    case
                        when lead(in_trend) over in_stretch = 1 then lead(course) over in_stretch
                        else course
                    end
                else side
            end as heading

        from marked

        window in_stretch as (partition by series_id, segment, stretch order by point_number)

    )

    select
        points.*,
        limits.points_in_segment,
        ruled.moving_range,
        limits.ranges_screened,
        limits.mean,
        limits.lpl,
        limits.upl,
        limits.near_lpl,
        limits.near_upl,
        ruled.rule,
        case
            when ruled.point_number is null then null
            when ruled.rule is null then 'common_cause'
            when points.direction = 'neutral' and ruled.heading > 0 then 'special_cause_neutral_high'
            when points.direction = 'neutral' then 'special_cause_neutral_low'
            when points.direction = 'increase' and ruled.heading > 0 then 'special_cause_improvement'
            when points.direction = 'decrease' and ruled.heading <= 0 then 'special_cause_improvement'
            else 'special_cause_concern'
        end as point_type,
        limits.points_in_segment < {{ fpw.xmr_enough_points() }} as is_trial_limits,
        cast('{{ "screened" if screening else "unscreened" }}' as varchar) as screening

    from {{ relation }} as points
    left join limits
        on points.series_id = limits.series_id
        and points.segment = limits.segment
    left join ruled
        on points.series_id = ruled.series_id
        and points.point_number = ruled.point_number
{%- endmacro %}


{# Whether a process that stays as it is keeps a target: consistent_pass, consistent_fail or inconsistent; NULL without
   target or limits, and where no direction is an improvement. #}
{% macro spc_assurance(direction, target, lpl, upl) -%}
    {{ return(adapter.dispatch('spc_assurance', 'fpw')(direction, target, lpl, upl)) }}
{%- endmacro %}
{% macro default__spc_assurance(direction, target, lpl, upl) -%}
    (case
        when {{ direction }} = 'neutral' or {{ target }} is null or {{ lpl }} is null then null
        when {{ target }} > {{ upl }} and {{ direction }} = 'increase' then 'consistent_fail'
        when {{ target }} > {{ upl }} and {{ direction }} = 'decrease' then 'consistent_pass'
        when {{ target }} < {{ lpl }} and {{ direction }} = 'increase' then 'consistent_pass'
        when {{ target }} < {{ lpl }} and {{ direction }} = 'decrease' then 'consistent_fail'
        when {{ direction }} in ('increase', 'decrease') then 'inconsistent'
    end)
{%- endmacro %}


{# Days between rare events on a scale on which they are about normal (Nelson: the power 1 / 3.6 of an exponential
   variable), and back; a negative number stands for no days. #}
{% macro nelson_scale(days) -%}{{ return(adapter.dispatch('nelson_scale', 'fpw')(days)) }}{%- endmacro %}
{% macro default__nelson_scale(days) -%}power(cast({{ days }} as double), 1.0e0 / 3.6e0){%- endmacro %}


{% macro nelson_days(scaled) -%}{{ return(adapter.dispatch('nelson_days', 'fpw')(scaled)) }}{%- endmacro %}
{% macro default__nelson_days(scaled) -%}
    (case when {{ scaled }} < 0 then 0.0e0 else power({{ scaled }}, 3.6e0) end)
{%- endmacro %}


{# Whether fewer events happen in a month than process limits can be worked out from; never NULL. #}
{% macro is_rare_series(kind, mean_events) -%}
    {{ return(adapter.dispatch('is_rare_series', 'fpw')(kind, mean_events)) }}
{%- endmacro %}
{% macro default__is_rare_series(kind, mean_events) -%}
    ({{ kind }} in ('count', 'rate') and coalesce({{ mean_events }} < {{ var('spc_minimum_monthly_events') }}, false))
{%- endmacro %}
