{# Crimes of data.police.uk by the outcome they had N months after they were recorded, outcomes by the month in which
   they were given, and, for forces without outcome files, crimes by the outcome their street file last knew. #}
{% set maturities = var('outcome_months') %}

with

crime_types as (

    select * from {{ ref('street_crime_type') }} where is_crime

),

forces_with_outcomes as (

    select distinct force from {{ ref('int_source_month') }}

    where
        source = 'police_uk_outcomes'
        and is_supplier

),

-- spells are added to, so their counts are to be summed before anything else
spanned as (

    select
        spells.force,
        spells.month,
        spells.crime_type,
        spells.is_identified,
        spells.outcome_label,
        spells.outcome_month,
        spells.months_to_outcome,
        spells.months_to_next,
        spells.is_first,
        sum(spells.crime_count) as crime_count

    from {{ ref('int_street_outcome_spell') }} as spells
    inner join forces_with_outcomes on spells.force = forces_with_outcomes.force

    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    having sum(spells.crime_count) <> 0

),

gathered as (
    {% for months in maturities %}
    -- every crime once: with the outcome it had by then, or with none
    select
        'cohort_{{ months }}m' as method_id,
        force,
        month,
        crime_type,
        is_identified,
        case when months_to_outcome <= {{ months }} then outcome_label end as outcome_label,
        crime_count

    from spanned

    where
        month is not null
        and (
            (months_to_outcome <= {{ months }} and coalesce(months_to_next > {{ months }}, true))
            or (is_first and coalesce(months_to_outcome > {{ months }}, true))
        )

    union all
    {% endfor %}
    select
        'in_period_police_uk' as method_id,
        force,
        outcome_month as month,
        crime_type,
        is_identified,
        outcome_label,
        crime_count

    from spanned

    where outcome_month is not null

    union all

    select
        'as_last_known' as method_id,
        records.force,
        records.month,
        records.crime_type,
        records.is_identified,
        records.last_outcome_category as outcome_label,
        records.record_count as crime_count

    from {{ ref('int_street_record_count') }} as records
    inner join crime_types on records.crime_type = crime_types.crime_type
    left join forces_with_outcomes on records.force = forces_with_outcomes.force

    where forces_with_outcomes.force is null

),

final as (

    select
        method_id,
        force,
        month,
        crime_type,
        is_identified,
        outcome_label,
        cast(sum(crime_count) as bigint) as crime_count

    from gathered

    group by method_id, force, month, crime_type, is_identified, outcome_label

)

select * from final
