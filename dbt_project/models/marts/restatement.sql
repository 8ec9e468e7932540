with

history as (

    select * from {{ ref('value_history') }}

),

-- the version that took the place of another began when that ended; one that nothing followed was taken away
followed as (

    select
        earlier.series_id,
        earlier.measure_id,
        earlier.area_code,
        earlier.period_type,
        earlier.period_start,
        earlier.period_end,
        earlier.breakdown_type,
        earlier.breakdown_value,
        earlier.method_id,
        earlier.known_from as old_known_from,
        earlier.known_until as restated_at,
        earlier.numerator as old_numerator,
        earlier.denominator as old_denominator,
        earlier.denominator_id as old_denominator_id,
        earlier.value as old_value,
        earlier.status as old_status,
        earlier.source_kind as old_source_kind,
        earlier.extract_ids as old_extract_ids,
        later.series_id is not null as has_new,
        later.numerator as new_numerator,
        later.denominator as new_denominator,
        later.denominator_id as new_denominator_id,
        later.value as new_value,
        later.status as new_status,
        later.source_kind as new_source_kind,
        later.extract_ids as new_extract_ids

    from history as earlier
    left join history as later
        on earlier.series_id = later.series_id
        and earlier.period_start = later.period_start
        and earlier.known_until = later.known_from

    where earlier.known_until is not null

),

final as (

    select
        series_id,
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        method_id,
        restated_at,
        old_known_from,
        old_value,
        new_value,
        new_value - old_value as difference,
        {{ rate('new_value - old_value', 'abs(old_value)', 100) }} as difference_pct,
        old_status,
        new_status,
        old_numerator,
        new_numerator,
        old_denominator,
        new_denominator,
        old_denominator_id,
        new_denominator_id,
        case
            when not has_new then 'withdrawn'
            when old_value is null and new_value is not null then 'supplied'
            when old_value is not null and new_value is null then 'lost'
            when old_value is not distinct from new_value then 'not_the_value'
            else 'revised'
        end as change,
        case
            when not has_new then 'no_longer_computed'
            when
                old_denominator_id <> new_denominator_id
                and old_numerator is distinct from new_numerator
                and old_extract_ids is distinct from new_extract_ids
                then 'new_extract_and_population'
            when old_denominator_id <> new_denominator_id then 'new_population'
            when old_extract_ids is distinct from new_extract_ids then 'new_extract'
            when old_value is null and new_value is null then 'new_reach'
            else 'new_method'
        end as reason,
        old_extract_ids,
        new_extract_ids,
        new_source_kind as source_kind

    from followed

)

select * from final
