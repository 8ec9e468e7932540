{#
    A value against another one of its series: the change, its 95 % interval and what may be said of it
    (docs: methods, comparisons). Proportions are from 0 to 1 here.
#}

{# Newcombe's lower 95 % limit of x1 / n1 - x2 / n2, from the Wilson limits of the two proportions. #}
{% macro proportion_difference_low(x1, n1, x2, n2) -%}
    {{ return(adapter.dispatch('proportion_difference_low', 'fpw')(x1, n1, x2, n2)) }}
{%- endmacro %}
{% macro default__proportion_difference_low(x1, n1, x2, n2) -%}
    ({{ fpw.rate(x1, n1, 1) }} - {{ fpw.rate(x2, n2, 1) }} - sqrt(
        power({{ fpw.rate(x1, n1, 1) }} - {{ fpw.wilson_low(x1, n1) }}, 2)
        + power({{ fpw.wilson_high(x2, n2) }} - {{ fpw.rate(x2, n2, 1) }}, 2)
    ))
{%- endmacro %}


{# Newcombe's upper 95 % limit of x1 / n1 - x2 / n2; see proportion_difference_low. #}
{% macro proportion_difference_high(x1, n1, x2, n2) -%}
    {{ return(adapter.dispatch('proportion_difference_high', 'fpw')(x1, n1, x2, n2)) }}
{%- endmacro %}
{% macro default__proportion_difference_high(x1, n1, x2, n2) -%}
    ({{ fpw.rate(x1, n1, 1) }} - {{ fpw.rate(x2, n2, 1) }} + sqrt(
        power({{ fpw.wilson_high(x1, n1) }} - {{ fpw.rate(x1, n1, 1) }}, 2)
        + power({{ fpw.rate(x2, n2, 1) }} - {{ fpw.wilson_low(x2, n2) }}, 2)
    ))
{%- endmacro %}


{# Standard error of a logarithm, read back from the 95 % limits; NULL when a limit is 0. #}
{% macro log_standard_error(low, high) -%}
    {{ return(adapter.dispatch('log_standard_error', 'fpw')(low, high)) }}
{%- endmacro %}
{% macro default__log_standard_error(low, high) -%}
    (case when {{ low }} > 0 then (ln({{ high }}) - ln({{ low }})) / (2.0e0 * {{ fpw.z_95() }}) end)
{%- endmacro %}


{# Half the width of the 95 % interval of the logarithm of a ratio of two ratios, each known by its limits. #}
{% macro ratio_of_ratios_margin(low, high, reference_low, reference_high) -%}
    {{ return(adapter.dispatch('ratio_of_ratios_margin', 'fpw')(low, high, reference_low, reference_high)) }}
{%- endmacro %}
{% macro default__ratio_of_ratios_margin(low, high, reference_low, reference_high) -%}
    ({{ fpw.z_95() }} * sqrt(
        power({{ fpw.log_standard_error(low, high) }}, 2)
        + power({{ fpw.log_standard_error(reference_low, reference_high) }}, 2)
    ))
{%- endmacro %}


{# A number as text with so many decimals and commas for thousands; never a minus before zero. #}
{% macro number_text(value, decimals) -%}
    {{ return(adapter.dispatch('number_text', 'fpw')(value, decimals)) }}
{%- endmacro %}
{% macro default__number_text(value, decimals) -%}
    format_string('%,.{{ decimals }}f', round(cast({{ value }} as double), {{ decimals }}) + 0.0e0)
{%- endmacro %}
{% macro duckdb__number_text(value, decimals) -%}
    format('{:,.{{ decimals }}f}', round(cast({{ value }} as double), {{ decimals }}) + 0.0e0)
{%- endmacro %}


{# The same with its sign in front, also where the number itself rounds to zero: a limit of -0.0 lies below it. #}
{% macro signed_text(value, decimals) -%}
    {{ return(adapter.dispatch('signed_text', 'fpw')(value, decimals)) }}
{%- endmacro %}
{% macro default__signed_text(value, decimals) -%}
    (case
        when {{ value }} > 0 then '+'
        when {{ value }} < 0 then '-'
        else ''
    end || {{ fpw.number_text('abs(' ~ value ~ ')', decimals) }})
{%- endmacro %}


{# What a finding means where lower, or higher, is better; of any other direction it is only told. #}
{% macro finding_direction(finding, direction) -%}
    {{ return(adapter.dispatch('finding_direction', 'fpw')(finding, direction)) }}
{%- endmacro %}
{% macro default__finding_direction(finding, direction) -%}
    (case
        when {{ finding }} is null or {{ finding }} = 'no_clear_change' then {{ finding }}
        when {{ direction }} not in ('higher', 'lower') or {{ direction }} is null then concat('neutral_', {{ finding }})
        when {{ finding }} = {{ direction }} then 'better'
        else 'worse'
    end)
{%- endmacro %}


{# Whether a method gives its earlier periods longer to fill up than its later ones. #}
{% macro is_of_unequal_age(method_id) -%}{{ return(adapter.dispatch('is_of_unequal_age', 'fpw')(method_id)) }}{%- endmacro %}
{% macro default__is_of_unequal_age(method_id) -%}
    ({{ method_id }} in ('{{ var('methods_of_unequal_age') | join("', '") }}'))
{%- endmacro %}


{# The reference_status of another period for with_change: that of its row (an alias), or unequal_age where its value is
   of another age than the value it would be held against. #}
{% macro status_of_other_period(row) -%}
    {{ return(adapter.dispatch('status_of_other_period', 'fpw')(row)) }}
{%- endmacro %}
{% macro default__status_of_other_period(row) -%}
    (case
        when {{ row }}.value is not null and {{ fpw.is_of_unequal_age(row ~ '.method_id') }} then 'unequal_age'
        else {{ row }}.status
    end)
{%- endmacro %}


{# Each row of a relation of pairs with the change from the reference to the value: the one place where it is worked out.
   `pairs` is the name of a CTE or model with the columns

       kind, direction, value, numerator, denominator, multiplier, ci_low, ci_high, reference_value,
       reference_numerator, reference_denominator, reference_ci_low, reference_ci_high,
       reference_status (status of the standard row, of another period by status_of_other_period; NULL where there is
       no row),
       break_id, break_date, what_changed (of a registered break between the two; else NULL)

   and any others. Added to them are status, interval_method, difference, difference_low, difference_high, change_pct,
   change_pct_low, change_pct_high, finding, finding_direction and words. The kind (dim_series) says how:

       count, rate   change in per cent; interval of the ratio by the log method from the two counts
       ratio         change in per cent; interval of the ratio of ratios from their limits
       share         difference in points; Newcombe's interval
       mean, amount  difference and change without interval, so nothing is found
#}
{% macro with_change(pairs) -%}{{ return(adapter.dispatch('with_change', 'fpw')(pairs)) }}{%- endmacro %}
{% macro default__with_change(pairs) -%}
{%- set ratio = 'value / nullif(reference_value, 0)' -%}
{%- set margin = fpw.ratio_of_ratios_margin('ci_low', 'ci_high', 'reference_ci_low', 'reference_ci_high') -%}
    select
        found.*,
        {{ fpw.finding_direction('finding', 'direction') }} as finding_direction,
        {{ fpw.change_words() }} as words

    from (
        select
            changed.*,
            case
                when coalesce(difference_low, change_pct_low) > 0 then 'higher'
                when coalesce(difference_high, change_pct_high) < 0 then 'lower'
                when coalesce(difference_low, change_pct_low) is not null then 'no_clear_change'
            end as finding

        from (
            select
                limited.*,
                case
                    when kind = 'share' and difference_low is not null then 'newcombe_95'
                    when kind = 'ratio' and change_pct_low is not null then 'ratio_of_ratios_log_95'
                    when change_pct_low is not null then 'ratio_of_counts_log_95'
                end as interval_method

            from (
                select
                    stated.*,
                    case when status in ('comparable', 'too_few') then value - reference_value end as difference,
                    case
                        when status = 'comparable' and kind = 'share'
                            then multiplier * {{ fpw.proportion_difference_low(
                                'numerator', 'denominator', 'reference_numerator', 'reference_denominator'
                            ) }}
                    end as difference_low,
                    case
                        when status = 'comparable' and kind = 'share'
                            then multiplier * {{ fpw.proportion_difference_high(
                                'numerator', 'denominator', 'reference_numerator', 'reference_denominator'
                            ) }}
                    end as difference_high,
                    case
                        when status in ('comparable', 'too_few') and kind <> 'share' and reference_value > 0
                            then 100.0e0 * (value - reference_value) / reference_value
                    end as change_pct,
                    case
                        when status <> 'comparable' then null
                        when kind in ('count', 'rate')
                            then 100.0e0 * ({{ fpw.rate_ratio_low(ratio, 'numerator', 'reference_numerator') }} - 1)
                        when kind = 'ratio' then 100.0e0 * ({{ ratio }} * exp(-{{ margin }}) - 1)
                    end as change_pct_low,
                    case
                        when status <> 'comparable' then null
                        when kind in ('count', 'rate')
                            then 100.0e0 * ({{ fpw.rate_ratio_high(ratio, 'numerator', 'reference_numerator') }} - 1)
                        when kind = 'ratio' then 100.0e0 * ({{ ratio }} * exp({{ margin }}) - 1)
                    end as change_pct_high

                from (
                    select
                        paired.*,
                        case
                            when break_id is not null or reference_status in ('not_comparable', 'unequal_age')
                                then 'not_comparable'
                            when reference_status = 'below_minimum' then 'too_few'
                            when value is null or reference_value is null then 'not_supplied'
                            -- without events on both sides the logarithm of the ratio has no standard error
                            when kind in ('count', 'rate', 'ratio') and (value = 0 or reference_value = 0)
                                then 'too_few'
                            else 'comparable'
                        end as status

                    from {{ pairs }} as paired
                ) as stated
            ) as limited
        ) as changed
    ) as found
{%- endmacro %}


{# The sentence fragment for a board that with_change gives; it reads the columns of with_change. #}
{% macro change_words() -%}{{ return(adapter.dispatch('change_words', 'fpw')()) }}{%- endmacro %}
{% macro default__change_words() -%}
{%- set finding = "replace(finding, '_', ' ')" -%}
    (case
        when break_id is not null
            then concat('not comparable across ', {{ fpw.date_text('break_date', '%-d %B %Y', 'd MMMM yyyy') }}, ': ', what_changed)
        when reference_status = 'unequal_age'
            then 'not comparable: the earlier period has had longer to fill up'
        when status = 'not_comparable' then 'not comparable: the reference is of another kind'
        when reference_status = 'below_minimum' then 'too few cases in the reference period to compare with'
        when status = 'not_supplied'
            then concat(
                'nothing to compare with: the reference period has no value (',
                coalesce(replace(reference_status, '_', ' '), 'not supplied'), ')'
            )
        when status = 'too_few'
            then concat(
                case
                    when kind = 'count'
                        then {{ fpw.number_text('value', 0) }} || ' against ' || {{ fpw.number_text('reference_value', 0) }}
                    else {{ fpw.number_text('value', 1) }} || ' against ' || {{ fpw.number_text('reference_value', 1) }}
                end,
                ': too few to say'
            )
        when kind = 'share'
            then concat(
                {{ fpw.moved('difference', 1) }}, case when round(difference, 1) <> 0 then ' points' else '' end,
                coalesce(
                    ' (' || {{ fpw.signed_text('difference_low', 1) }} || ' to '
                    || {{ fpw.signed_text('difference_high', 1) }} || '): ' || {{ finding }},
                    ': no interval'
                )
            )
        when finding is not null
            then concat(
                {{ fpw.moved('change_pct', 1) }}, case when round(change_pct, 1) <> 0 then ' %' else '' end,
                ' (', {{ fpw.signed_text('change_pct_low', 1) }}, ' % to ', {{ fpw.signed_text('change_pct_high', 1) }},
                ' %): ', {{ finding }}
            )
        else concat(
            case
                when abs(difference) < 1 then {{ fpw.moved('difference', 2) }}
                when abs(difference) >= 1000 and difference = round(difference) then {{ fpw.moved('difference', 0) }}
                else {{ fpw.moved('difference', 1) }}
            end,
            coalesce(' (' || {{ fpw.signed_text('change_pct', 1) }} || ' %)', ''), ': no interval'
        )
    end)
{%- endmacro %}


{# up 2.4, down 2.4 or unchanged. #}
{% macro moved(change, decimals) -%}{{ return(adapter.dispatch('moved', 'fpw')(change, decimals)) }}{%- endmacro %}
{% macro default__moved(change, decimals) -%}
    (case
        when round({{ change }}, {{ decimals }}) = 0 then 'unchanged'
        else concat(
            case when {{ change }} > 0 then 'up ' else 'down ' end,
            {{ fpw.number_text('abs(' ~ change ~ ')', decimals) }}
        )
    end)
{%- endmacro %}
