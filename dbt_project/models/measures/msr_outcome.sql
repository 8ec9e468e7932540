{# Shares of outcomes in the crimes recorded, or in the outcomes given. #}
with

counts as (
    {% for part in ['int_home_office_outcome', 'int_street_outcome'] %}
    select
        source_id,
        method_id,
        area_code,
        period_type,
        period_start,
        period_end,
        {{ text_literal('offence_group' if loop.first else 'crime_type') }} as group_kind,
        breakdown_value,
        outcome_group,
        cast(outcome_count as double) as outcome_count,
        status,
        source_kind,
        extract_ids

    from {{ ref(part) }}
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

measures as (

    select * from {{ ref('outcome_measure') }}

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

-- the numbers that shares are taken of, side by side
bases as (

    select
        method_id,
        area_code,
        period_type,
        period_start,
        breakdown_value,
        max(case when outcome_group = 'recorded' then outcome_count end) as recorded_count,
        max(case when outcome_group = 'closed' then outcome_count end) as closed_count,
        max(case when outcome_group = 'not_yet_assigned' then outcome_count end) as unassigned_count,
        max(case when outcome_group = 'without_id' then outcome_count end) as without_id_count

    from counts

    where outcome_group in ('recorded', 'closed', 'not_yet_assigned', 'without_id')
    group by method_id, area_code, period_type, period_start, breakdown_value

),

-- a measure of one offence group has it as its total; the others have all crime, and groups as a breakdown
measured as (

    select
        measures.measure_id,
        counts.*,
        case when measures.offence_group is null and counts.breakdown_value is not null then counts.group_kind end
            as breakdown_type,
        counts.outcome_count as numerator,
        case measures.denominator when 'recorded' then bases.recorded_count else bases.closed_count end as denominator,
        -- outcomes given in a period are of crimes of any time: not a part of those recorded in it
        measures.denominator = 'closed' or counts.method_id not like 'in_period%' as is_proportion,
        case
            when counts.method_id not like 'in_period%'
                then
                    coalesce(bases.without_id_count, 0)
                    + case when counts.outcome_group = 'not_yet_assigned' then 0 else bases.unassigned_count end
        end as n_unknown

    from counts
    inner join measures
        on counts.outcome_group = measures.outcome_group
        and (
            measures.offence_group = counts.breakdown_value
            or (measures.offence_group is null and (counts.breakdown_value is null or counts.period_type = 'fin_year'))
        )
    inner join bases
        on counts.method_id = bases.method_id
        and counts.area_code = bases.area_code
        and counts.period_type = bases.period_type
        and counts.period_start = bases.period_start
        and counts.breakdown_value is not distinct from bases.breakdown_value

),

judged as (

    select
        measured.*,
        case when measured.is_proportion then 'share' else 'rate' end as kind,
        case
            when measured.status not in ('final', 'provisional') then measured.status
            -- nothing to take a share of, or fewer than none: records that turned out to be other offences
            when
                coalesce(measured.denominator, 0) <= 0
                or measured.numerator < 0
                or (measured.is_proportion and measured.numerator > measured.denominator)
                then 'not_comparable'
            else measured.status
        end as share_status,
        exact_limits.lower_95,
        exact_limits.upper_95

    from measured
    left join exact_limits on measured.numerator = exact_limits.event_count

),

final as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        case when breakdown_type is not null then breakdown_value end as breakdown_value,
        numerator,
        denominator,
        {{ value_and_limits('kind', 100, "share_status in ('final', 'provisional')") }},
        cast(n_unknown as bigint) as n_unknown,
        cast(null as varchar) as denominator_id,
        method_id,
        source_kind,
        source_id,
        share_status as status,
        extract_ids

    from judged

)

select * from final
