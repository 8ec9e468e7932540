{% set reform = "date '" ~ var('complaint_reform_date') ~ "'" %}
{% set bases = [
    'working_days_incl_suspension', 'working_days_excl_suspension',
    'calendar_days_incl_suspension', 'calendar_days_excl_suspension',
] %}

{# Whose days are measured. A complaint of unknown route is in neither of the two, and is told as unknown in both. #}
{% set populations = [
    {'measure': 'complaint_days_to_finalise', 'only': "case_type = 'complaint' and route <> 'outside_schedule_3'",
     'type': none, 'value': text_literal(none)},
    {'measure': 'complaint_days_to_finalise', 'type': 'route', 'value': 'route',
     'only': "case_type = 'complaint' and route in ('old_regulations', 'schedule_3')"},
    {'measure': 'complaint_days_outside_s3', 'type': none, 'value': text_literal(none),
     'only': "case_type = 'complaint' and route in ('outside_schedule_3', 'unknown')"},
    {'measure': 'conduct_days_to_finalise', 'only': "case_type = 'conduct'", 'type': none,
     'value': text_literal(none)},
] %}

with

cases as (

    select * from {{ ref('int_complaint_case') }}

),

periods as (

    select * from {{ ref('int_own_period') }} where source = 'complaint_case'

),

source_months as (

    select * from {{ ref('int_source_month') }}

    where
        source = 'complaint_case'
        and is_within_series

),

exact_limits as (

    select * from {{ ref('poisson_exact_limit') }}

),

members as (
    {% for population in populations %}{% set population_loop = loop %}{% for basis in bases %}
    select
        area_code,
        '{{ population.measure }}' as measure_id,
        {{ text_literal(population.type) }} as breakdown_type,
        {{ population.value }} as breakdown_value,
        '{{ basis }}' as day_basis,
        finalised_date,
        case when case_type <> 'complaint' or route <> 'unknown' then {{ basis }} end as days

    from cases

    where
        not is_open
        and {{ population.only }}
    {% if not (population_loop.last and loop.last) %}
    union all
    {% endif %}
    {%- endfor %}{% endfor %}
),

-- cases finalised in a period were received long before: without a year of extracts before it only the
-- quick ones would be in it
timed_periods as (

    select
        periods.area_code,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.source_kind,
        periods.extract_ids,
        case
            when periods.status <> 'final' then periods.status
            when count(source_months.month) < 12 then 'partial'
            else 'final'
        end as status

    from periods
    left join source_months
        on periods.area_code = source_months.area_code
        and source_months.status = 'supplied'
        and source_months.month >= {{ add_months('periods.period_start', -12) }}
        and source_months.month < periods.period_start

    group by
        periods.area_code, periods.period_type, periods.period_start, periods.period_end, periods.source_kind,
        periods.extract_ids, periods.status

),

day_lines as (

    select distinct
        area_code,
        measure_id,
        breakdown_type,
        breakdown_value,
        day_basis

    from members

),

finalised as (

    select
        timed_periods.area_code,
        timed_periods.period_type,
        timed_periods.period_start,
        members.measure_id,
        members.breakdown_type,
        members.breakdown_value,
        members.day_basis,
        count(members.days) as n,
        count(*) - count(members.days) as n_unknown,
        sum(members.days) as total_days,
        {{ quantile('members.days', 0.5) }} as median_days,
        {{ quantile('members.days', 0.9) }} as p90_days

    from timed_periods
    inner join members
        on timed_periods.area_code = members.area_code
        and members.finalised_date between timed_periods.period_start and timed_periods.period_end

    where timed_periods.status = 'final'
    group by 1, 2, 3, 4, 5, 6, 7

),

time_to_finalise as (

    select
        timed_periods.area_code,
        timed_periods.period_type,
        timed_periods.period_start,
        timed_periods.period_end,
        timed_periods.source_kind,
        timed_periods.extract_ids,
        day_lines.measure_id,
        day_lines.breakdown_type,
        day_lines.breakdown_value,
        day_lines.day_basis,
        case
            -- before the reform there were no such routes
            when
                timed_periods.period_end < {{ reform }}
                and (
                    day_lines.measure_id = 'complaint_days_outside_s3'
                    or coalesce(day_lines.breakdown_value = 'schedule_3', false)
                )
                then 'not_collected'
            else timed_periods.status
        end as status,
        coalesce(finalised.n, 0) as n,
        coalesce(finalised.n_unknown, 0) as n_unknown,
        finalised.total_days,
        finalised.median_days,
        finalised.p90_days

    from timed_periods
    inner join day_lines on timed_periods.area_code = day_lines.area_code
    left join finalised
        on timed_periods.area_code = finalised.area_code
        and timed_periods.period_type = finalised.period_type
        and timed_periods.period_start = finalised.period_start
        and day_lines.measure_id = finalised.measure_id
        and day_lines.breakdown_type is not distinct from finalised.breakdown_type
        and day_lines.breakdown_value is not distinct from finalised.breakdown_value
        and day_lines.day_basis = finalised.day_basis

),

complaints as (

    select * from cases where case_type = 'complaint'

),

-- the last day the extracts know of, and whether a month is missing in which an open case may have been received
snapshots as (

    select
        source_months.area_code,
        as_of.as_of_date,
        case when count(*) = count(source_months.extract_id) then 'final' else 'not_supplied' end as status,
        case when max(case when source_months.is_sample then 1 else 0 end) = 1 then 'synthetic' else 'computed' end
            as source_kind,
        {{ sorted_list('source_months.extract_id') }} as extract_ids

    from source_months
    inner join (select distinct area_code, as_of_date from complaints) as as_of
        on source_months.area_code = as_of.area_code

    group by source_months.area_code, as_of.as_of_date

),

open_lines as (

    select distinct
        area_code,
        cast(null as varchar) as breakdown_type,
        cast(null as varchar) as breakdown_value

    from complaints

    union all

    select distinct
        area_code,
        'route' as breakdown_type,
        route as breakdown_value

    from complaints

),

open_cases as (
    {% for basis in bases %}
    select
        snapshots.area_code,
        snapshots.as_of_date,
        snapshots.status,
        snapshots.source_kind,
        snapshots.extract_ids,
        open_lines.breakdown_type,
        open_lines.breakdown_value,
        '{{ basis }}' as day_basis,
        count(complaints.line) as open_count,
        count(complaints.{{ basis }}) as n,
        count(complaints.line) - count(complaints.{{ basis }}) as n_unknown,
        sum(complaints.{{ basis }}) as total_days,
        {{ quantile('complaints.' ~ basis, 0.5) }} as median_days,
        {{ quantile('complaints.' ~ basis, 0.9) }} as p90_days

    from snapshots
    inner join open_lines on snapshots.area_code = open_lines.area_code
    left join complaints
        on snapshots.area_code = complaints.area_code
        and complaints.is_open
        and (open_lines.breakdown_type is null or complaints.route = open_lines.breakdown_value)

    group by 1, 2, 3, 4, 5, 6, 7, 8
    {% if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

timed as (

    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        day_basis,
        n,
        n_unknown,
        total_days,
        median_days,
        p90_days,
        status,
        source_kind,
        extract_ids

    from time_to_finalise

    union all

    select
        'complaint_open_age' as measure_id,
        area_code,
        'snapshot' as period_type,
        as_of_date as period_start,
        as_of_date as period_end,
        breakdown_type,
        breakdown_value,
        day_basis,
        n,
        n_unknown,
        total_days,
        median_days,
        p90_days,
        status,
        source_kind,
        extract_ids

    from open_cases

),

measured as (
    {% for statistic, numerator, value in [
        ('mean', 'total_days', rate('total_days', 'n', 1)), ('median', 'null', 'median_days'), ('p90', 'null', 'p90_days')
    ] %}
    select
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        breakdown_type,
        breakdown_value,
        cast({{ numerator }} as double) as numerator,
        cast(n as double) as denominator,
        cast({{ value }} as double) as value,
        cast(n_unknown as bigint) as n_unknown,
        concat('{{ statistic }}_', day_basis) as method_id,
        case
            when status <> 'final' then status
            when n = 0 then 'below_minimum'
            else 'final'
        end as status,
        source_kind,
        extract_ids,
        false as is_count

    from timed

    union all
    {% endfor %}
    select
        'complaint_open_cases' as measure_id,
        area_code,
        'snapshot' as period_type,
        as_of_date as period_start,
        as_of_date as period_end,
        breakdown_type,
        breakdown_value,
        cast(open_count as double) as numerator,
        cast(null as double) as denominator,
        cast(open_count as double) as value,
        cast(null as bigint) as n_unknown,
        'open_at_last_day_of_extracts' as method_id,
        status,
        source_kind,
        extract_ids,
        true as is_count

    from open_cases

    where day_basis = '{{ bases[0] }}'

),

final as (

    select
        measured.measure_id,
        measured.area_code,
        measured.period_type,
        measured.period_start,
        measured.period_end,
        measured.breakdown_type,
        measured.breakdown_value,
        case when measured.status in ('final', 'below_minimum') then measured.numerator end as numerator,
        case when measured.status in ('final', 'below_minimum') then measured.denominator end as denominator,
        cast(1 as double) as multiplier,
        case when measured.status = 'final' then measured.value end as value,
        case
            when measured.is_count and measured.status = 'final'
                then {{ poisson_low('measured.numerator', 'exact_limits.lower_95') }}
        end as ci_low,
        case
            when measured.is_count and measured.status = 'final'
                then {{ poisson_high('measured.numerator', 'exact_limits.upper_95') }}
        end as ci_high,
        case when measured.is_count and measured.status = 'final' then {{ poisson_method('measured.numerator') }} end
            as ci_method,
        case when measured.status in ('final', 'below_minimum') then measured.n_unknown end as n_unknown,
        cast(null as varchar) as denominator_id,
        measured.method_id,
        measured.source_kind,
        'complaint_case' as source_id,
        measured.status,
        measured.extract_ids

    from measured
    left join exact_limits
        on measured.is_count
        and measured.numerator = exact_limits.event_count

)

select * from final
