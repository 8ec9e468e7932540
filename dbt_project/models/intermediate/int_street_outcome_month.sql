{# Crimes of data.police.uk by the outcome they had N months after they were recorded, outcomes by the month in which
   they were given, and, for forces without outcome files, crimes by the outcome their street file last knew. #}
{% set maturities = var('outcome_months') %}

with

records as (

    select * from {{ ref('stg_police_uk_street') }}

),

outcomes as (

    select * from {{ ref('stg_police_uk_outcomes') }}

),

crime_types as (

    select * from {{ ref('street_crime_type') }} where is_crime

),

labels as (

    select
        outcome as outcome_label,
        max(case when outcome_group = 'positive' then 1 else 0 end) as is_positive,
        max(case when is_court_stage then 1 else 0 end) as is_court_stage

    from {{ ref('outcome_group') }}

    where vocabulary = 'police_uk'
    group by outcome

),

forces_with_outcomes as (

    select distinct force from {{ ref('int_source_month') }}

    where
        source = 'police_uk_outcomes'
        and is_supplier

),

crimes as (

    select
        records.force,
        records.period_start as month,
        records.crime_type,
        records.crime_id,
        records.last_outcome_category

    from records
    inner join crime_types on records.crime_type = crime_types.crime_type

),

-- of several outcomes of a crime in one month a positive one counts; what a court did after a charge is no outcome
events as (

    select
        outcomes.force,
        outcomes.crime_id,
        outcomes.period_start as month,
        substr(max(concat(coalesce(labels.is_positive, 0), outcomes.outcome_type)), 2) as outcome_label

    from outcomes
    left join labels on outcomes.outcome_type = labels.outcome_label

    where
        outcomes.crime_id is not null
        and coalesce(labels.is_court_stage, 0) = 0
    group by outcomes.force, outcomes.crime_id, outcomes.period_start

),

-- an outcome holds until the next
spells as (

    select
        force,
        crime_id,
        month,
        outcome_label,
        row_number() over (partition by force, crime_id order by month) as event_number,
        lead(month) over (partition by force, crime_id order by month) as next_month

    from events

),

followed_crimes as (

    select crimes.*

    from crimes
    inner join forces_with_outcomes on crimes.force = forces_with_outcomes.force

),

-- the one pass that brings crimes and outcomes together: everything after it works on the few groups that remain;
-- an outcome may be of a crime older than the street files at hand
spanned as (

    select
        coalesce(crimes.force, spells.force) as force,
        crimes.month,
        crimes.crime_type,
        crimes.crime_id is not null or crimes.month is null as is_identified,
        spells.outcome_label,
        spells.month as outcome_month,
        {{ months_between('crimes.month', 'spells.month') }} as months_to_outcome,
        {{ months_between('crimes.month', 'spells.next_month') }} as months_to_next,
        coalesce(spells.event_number, 1) = 1 as is_first,
        count(*) as crime_count

    from followed_crimes as crimes
    full outer join spells
        on crimes.force = spells.force
        and crimes.crime_id = spells.crime_id

    group by 1, 2, 3, 4, 5, 6, 7, 8, 9

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
        crimes.force,
        crimes.month,
        crimes.crime_type,
        crimes.crime_id is not null as is_identified,
        crimes.last_outcome_category as outcome_label,
        1 as crime_count

    from crimes
    left join forces_with_outcomes on crimes.force = forces_with_outcomes.force

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
