{# What is new changes the outcomes of crimes whose records are old. So all that is known of the crimes of which
   anything is new is counted twice: as it is now, and, with a minus, as it was without what is new. #}
with

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

{% if is_incremental() %}
{% set is_new = 'extract_id in ' ~ new_extracts('int_street_outcome_spell') %}
touched as (

    select crime_id from {{ ref('stg_police_uk_street') }} where {{ is_new }}
    union all
    select crime_id from {{ ref('stg_police_uk_outcomes') }} where {{ is_new }}

),

signs as (

    select 1 as sign
    union all
    select -1 as sign

),
{% endif %}

crimes as (

    select
        force,
        period_start as month,
        crime_type,
        crime_id,
        {{ 'sign' if is_incremental() else '1' }} as sign

    from {{ ref('stg_police_uk_street') }}
    {% if is_incremental() %}
    cross join signs

    where
        (crime_id in (select crime_id from touched) or (crime_id is null and {{ is_new }}))
        and (sign = 1 or not {{ is_new }})
    {% endif %}

),

outcomes as (

    select
        force,
        period_start as month,
        crime_id,
        outcome_type,
        {{ 'sign' if is_incremental() else '1' }} as sign

    from {{ ref('stg_police_uk_outcomes') }}
    {% if is_incremental() %}
    cross join signs

    where
        crime_id in (select crime_id from touched)
        and (sign = 1 or not {{ is_new }})
    {% else %}
    where crime_id is not null
    {% endif %}

),

counted_crimes as (

    select crimes.*

    from crimes
    inner join crime_types on crimes.crime_type = crime_types.crime_type

),

-- of several outcomes of a crime in one month a positive one counts; what a court did after a charge is no outcome
events as (

    select
        outcomes.sign,
        outcomes.force,
        outcomes.crime_id,
        outcomes.month,
        substr(max(concat(coalesce(labels.is_positive, 0), outcomes.outcome_type)), 2) as outcome_label

    from outcomes
    left join labels on outcomes.outcome_type = labels.outcome_label

    where coalesce(labels.is_court_stage, 0) = 0
    group by outcomes.sign, outcomes.force, outcomes.crime_id, outcomes.month

),

-- an outcome holds until the next
spells as (

    select
        sign,
        force,
        crime_id,
        month,
        outcome_label,
        row_number() over (partition by sign, force, crime_id order by month) as event_number,
        lead(month) over (partition by sign, force, crime_id order by month) as next_month

    from events

),

-- an outcome may be of a crime older than the street files at hand
final as (

    select
        coalesce(counted_crimes.force, spells.force) as force,
        counted_crimes.month,
        counted_crimes.crime_type,
        counted_crimes.crime_id is not null or counted_crimes.month is null as is_identified,
        spells.outcome_label,
        spells.month as outcome_month,
        {{ months_between('counted_crimes.month', 'spells.month') }} as months_to_outcome,
        {{ months_between('counted_crimes.month', 'spells.next_month') }} as months_to_next,
        coalesce(spells.event_number, 1) = 1 as is_first,
        cast(sum(coalesce(counted_crimes.sign, spells.sign)) as bigint) as crime_count

    from counted_crimes
    full outer join spells
        on counted_crimes.sign = spells.sign
        and counted_crimes.force = spells.force
        and counted_crimes.crime_id = spells.crime_id

    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    having sum(coalesce(counted_crimes.sign, spells.sign)) <> 0

)

select * from final
