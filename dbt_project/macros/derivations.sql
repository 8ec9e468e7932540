{#
    Derivation rules of published figures (seed published_derivation), each kind once (docs: published-figures).
    A rule has an upper and a lower side; derivation_totals adds the inputs of a figure up by side, and the macros below
    make the value of them, what rounded inputs can add to it, and the formula in words.
#}

{# Roles on the upper side, on the lower side, and those that multiply a side. #}
{% macro upper_roles() -%}('addend', 'minuend', 'same', 'numerator', 'new', 'focal', 'printed'){%- endmacro %}
{% macro lower_roles() -%}('subtrahend', 'denominator', 'old'){%- endmacro %}
{% macro upper_factors() -%}('factor', 'numerator_factor'){%- endmacro %}


{# The product of the numbers that meet a condition; 1 when none does. Signs are not kept: factors are positive. #}
{% macro product_where(value, condition) -%}
    {{ return(adapter.dispatch('product_where', 'fpw')(value, condition)) }}
{%- endmacro %}
{% macro default__product_where(value, condition) -%}
    exp(coalesce({{ fpw.ordered_sum('case when ' ~ condition ~ ' then ln(nullif(abs(' ~ value ~ '), 0)) end') }}, 0.0e0))
{%- endmacro %}
{% macro duckdb__product_where(value, condition) -%}
    coalesce(product(abs({{ value }}) order by abs({{ value }})) filter (where {{ condition }}), 1.0e0)
{%- endmacro %}


{# A query that adds up the inputs of each figure. `inputs` has figure_id, rule, role, value (scaled) and rounding (what
   the input may be off by, scaled). A figure of which an input is missing has is_complete false and no use. #}
{% macro derivation_totals(inputs) -%}{{ return(adapter.dispatch('derivation_totals', 'fpw')(inputs)) }}{%- endmacro %}
{% macro default__derivation_totals(inputs) -%}
    select
        figure_id,
        rule,
        count(*) = count(value) as is_complete,
        {{ fpw.ordered_sum('case when role in ' ~ fpw.upper_roles() ~ ' then value end') }} as upper_sum,
        {{ fpw.ordered_sum('case when role in ' ~ fpw.upper_roles() ~ ' then rounding end') }} as upper_rounding,
        {{ fpw.product_where('value', 'role in ' ~ fpw.upper_factors()) }} as upper_factor,
        {{ fpw.ordered_sum('case when role in ' ~ fpw.upper_factors() ~ ' then rounding / nullif(abs(value), 0) end') }}
            as upper_factor_rounding,
        {{ fpw.ordered_sum('case when role in ' ~ fpw.lower_roles() ~ ' then value end') }} as lower_sum,
        {{ fpw.ordered_sum('case when role in ' ~ fpw.lower_roles() ~ ' then rounding end') }} as lower_rounding,
        {{ fpw.product_where('value', "role = 'denominator_factor'") }} as lower_factor,
        {{ fpw.ordered_sum("case when role = 'denominator_factor' then rounding / nullif(abs(value), 0) end") }}
            as lower_factor_rounding,
        sum(case when role = 'peer' and value < focal_value then 1 else 0 end) as peers_below,
        {{ fpw.product_where('1.0e0 + value / 100.0e0', "role = 'change'") }} as growth,
        {{ fpw.ordered_sum("case when role = 'change' then rounding / nullif(abs(100.0e0 + value), 0) end") }} as growth_rounding

    from (
        select
            *,
            max(case when role = 'focal' then value end) over (partition by figure_id) as focal_value

        from {{ inputs }}
    ) as with_focal

    group by figure_id, rule
{%- endmacro %}


{# The number that the rule gives, of a row of derivation_totals; NULL for the rules that do not give the figure. #}
{% macro derived_value(row) -%}{{ return(adapter.dispatch('derived_value', 'fpw')(row)) }}{%- endmacro %}
{% macro default__derived_value(row) -%}
    {%- set upper = '(' ~ row ~ '.upper_sum * ' ~ row ~ '.upper_factor)' -%}
    {%- set lower = '(' ~ row ~ '.lower_sum * ' ~ row ~ '.lower_factor)' -%}
    (case when {{ row }}.is_complete then case {{ row }}.rule
        when 'sum' then {{ row }}.upper_sum
        when 'difference' then {{ row }}.upper_sum - {{ row }}.lower_sum
        when 'product' then {{ row }}.upper_factor
        when 'equals' then {{ row }}.upper_sum
        when 'unit' then {{ row }}.upper_sum
        when 'ratio' then {{ fpw.rate(upper, lower, 1) }}
        when 'rate_per' then {{ fpw.rate(upper, lower, 1) }}
        when 'share_pct' then {{ fpw.rate(upper, lower, 100) }}
        when 'implied_base' then {{ fpw.rate(upper, lower, 100) }}
        when 'pct_change' then {{ fpw.rate('(' ~ upper ~ ' - ' ~ lower ~ ')', lower, 100) }}
        when 'rank' then {{ row }}.peers_below + 1
        when 'compound' then 100.0e0 * ({{ row }}.growth - 1.0e0)
    end end)
{%- endmacro %}


{# What the rounding of the inputs can add to that number, at most and to the first order. #}
{% macro derived_rounding(row) -%}{{ return(adapter.dispatch('derived_rounding', 'fpw')(row)) }}{%- endmacro %}
{% macro default__derived_rounding(row) -%}
    {%- set quotient = '(' ~ fpw.rate('(' ~ row ~ '.upper_sum * ' ~ row ~ '.upper_factor)',
                                      '(' ~ row ~ '.lower_sum * ' ~ row ~ '.lower_factor)', 1) ~ ')' -%}
    {%- set of_quotient = '(abs(' ~ quotient ~ ') * (coalesce(' ~ row ~ '.upper_rounding / nullif(abs(' ~ row ~ '.upper_sum), 0), 0)'
        ~ ' + coalesce(' ~ row ~ '.upper_factor_rounding, 0)'
        ~ ' + coalesce(' ~ row ~ '.lower_rounding / nullif(abs(' ~ row ~ '.lower_sum), 0), 0)'
        ~ ' + coalesce(' ~ row ~ '.lower_factor_rounding, 0)))' -%}
    (case when {{ row }}.is_complete then case
        when {{ row }}.rule in ('sum', 'difference', 'equals', 'unit')
            then {{ row }}.upper_rounding + coalesce({{ row }}.lower_rounding, 0)
        when {{ row }}.rule = 'product' then {{ row }}.upper_factor * {{ row }}.upper_factor_rounding
        when {{ row }}.rule in ('ratio', 'rate_per') then {{ of_quotient }}
        when {{ row }}.rule in ('share_pct', 'implied_base', 'pct_change') then 100.0e0 * {{ of_quotient }}
        when {{ row }}.rule = 'rank' then 0.0e0
        when {{ row }}.rule = 'compound' then 100.0e0 * {{ row }}.growth * {{ row }}.growth_rounding
    end end)
{%- endmacro %}


{# A number as people write it: 29,479 or 37.8; `decimals` below 0 count as 0. #}
{% macro number_words(value, decimals) -%}
    {{ return(adapter.dispatch('number_words', 'fpw')(value, decimals)) }}
{%- endmacro %}
{% macro default__number_words(value, decimals) -%}format_number({{ value }}, greatest({{ decimals }}, 0)){%- endmacro %}
{% macro duckdb__number_words(value, decimals) -%}
    format('{:,.' || cast(greatest({{ decimals }}, 0) as varchar) || 'f}', {{ value }})
{%- endmacro %}


{# Texts of the rows that meet a condition, in their order, with a separator between; NULL when there are none. #}
{% macro joined_text(text, separator, position, condition) -%}
    {{ return(adapter.dispatch('joined_text', 'fpw')(text, separator, position, condition)) }}
{%- endmacro %}
{% macro default__joined_text(text, separator, position, condition) -%}
    nullif(array_join(transform(
        sort_array(collect_list(case when {{ condition }} then struct({{ position }} as position, {{ text }} as text) end)),
        item -> item.text
    ), '{{ separator }}'), '')
{%- endmacro %}
{% macro duckdb__joined_text(text, separator, position, condition) -%}
    string_agg({{ text }}, '{{ separator }}' order by {{ position }}) filter (where {{ condition }})
{%- endmacro %}


{# The left side of the formula with its figures put in. `row` has rule and the texts upper_text, upper_factor_text,
   lower_text, lower_factor_text and other_text of its inputs, joined; and how many inputs each side has. #}
{% macro derivation_words(row) -%}{{ return(adapter.dispatch('derivation_words', 'fpw')(row)) }}{%- endmacro %}
{% macro default__derivation_words(row) -%}
    {%- set upper = "(case when " ~ row ~ ".upper_count > 1 then concat('(', " ~ row ~ ".upper_text, ')') else "
        ~ row ~ ".upper_text end)" -%}
    {%- set lower = "(case when " ~ row ~ ".lower_factor_text is not null then concat('(', " ~ row ~ ".lower_text, ' x ', "
        ~ row ~ ".lower_factor_text, ')') when " ~ row ~ ".lower_count > 1 then concat('(', " ~ row ~ ".lower_text, ')') else "
        ~ row ~ ".lower_text end)" -%}
    (case
        when {{ row }}.rule in ('sum', 'equals', 'unit') then {{ row }}.upper_text
        when {{ row }}.rule = 'difference' then concat({{ row }}.upper_text, ' - ', replace({{ row }}.lower_text, ' + ', ' - '))
        when {{ row }}.rule = 'product' then {{ row }}.upper_factor_text
        when {{ row }}.rule in ('ratio', 'share_pct', 'implied_base', 'implies') then concat({{ upper }}, ' / ', {{ lower }})
        when {{ row }}.rule = 'rate_per' then concat({{ upper }}, ' / ', {{ lower }}, ' x ', {{ row }}.upper_factor_text)
        when {{ row }}.rule = 'pct_change'
            then concat('(', {{ row }}.upper_text, ' - ', {{ row }}.lower_text, ') / ', {{ row }}.lower_text)
        when {{ row }}.rule = 'rank' then concat('place of ', {{ row }}.upper_text, ' among it and ', {{ row }}.other_text)
        when {{ row }}.rule = 'compound' then concat({{ row }}.other_text, ' compounded')
    end)
{%- endmacro %}
