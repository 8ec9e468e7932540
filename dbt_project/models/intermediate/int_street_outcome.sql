{# The same by period and outcome group: what the measures need, with what stands in the way of a figure. #}
{% set maturities = var('outcome_months') %}

with

months as (

    select * from {{ ref('int_street_outcome_month') }}

),

outcome_groups as (

    select * from {{ ref('outcome_group') }} where vocabulary = 'police_uk'

),

supply as (

    select *

    from {{ ref('int_supply_period') }}

    where
        source = 'police_uk_street'
        and has_breakdowns

),

source_months as (

    select * from {{ ref('int_source_month') }} where source in ('police_uk_street', 'police_uk_outcomes')

),

methods as (
    {% for months in maturities %}
    select
        'cohort_{{ months }}m' as method_id,
        {{ months }} as months_to_wait,
        0 as months_before,
        'police_uk_outcomes' as source_id

    union all
    {% endfor %}
    select
        'in_period_police_uk' as method_id,
        0 as months_to_wait,
        12 as months_before,
        'police_uk_outcomes' as source_id

    union all

    select
        'as_last_known' as method_id,
        0 as months_to_wait,
        0 as months_before,
        'police_uk_street' as source_id

),

-- an outcome counts in each of its groups; recorded, closed and without_id are what shares are taken of and leave out
parts as (

    select
        months.method_id,
        months.force,
        months.month,
        months.crime_type,
        outcome_groups.outcome_group,
        months.crime_count

    from months
    inner join outcome_groups on months.outcome_label = outcome_groups.outcome

    where months.is_identified

    union all

    -- no outcome at all: crimes whose street file says nothing, and those without one by the end of the wait
    select
        method_id,
        force,
        month,
        crime_type,
        'not_yet_assigned' as outcome_group,
        crime_count

    from months

    where
        is_identified
        and outcome_label is null

    union all

    select
        months.method_id,
        months.force,
        months.month,
        months.crime_type,
        'closed' as outcome_group,
        months.crime_count

    from months
    left join outcome_groups
        on months.outcome_label = outcome_groups.outcome
        and outcome_groups.outcome_group = 'not_yet_assigned'

    where
        months.is_identified
        and months.outcome_label is not null
        and outcome_groups.outcome is null

    union all

    select
        method_id,
        force,
        month,
        crime_type,
        case when is_identified then 'recorded' else 'without_id' end as outcome_group,
        crime_count

    from months

    where method_id <> 'in_period_police_uk'

    union all

    -- what is given in a month is set against the crimes recorded in it
    select
        'in_period_police_uk' as method_id,
        force,
        month,
        crime_type,
        case when is_identified then 'recorded' else 'without_id' end as outcome_group,
        crime_count

    from months

    where method_id = 'cohort_{{ maturities[0] }}m'

),

-- the total, and by crime type
monthly as (

    select
        method_id,
        force,
        month,
        false as is_breakdown,
        cast(null as varchar) as crime_type,
        outcome_group,
        sum(crime_count) as crime_count

    from parts

    group by method_id, force, month, outcome_group

    union all

    select
        method_id,
        force,
        month,
        true as is_breakdown,
        crime_type,
        outcome_group,
        sum(crime_count) as crime_count

    from parts

    where crime_type is not null
    group by method_id, force, month, crime_type, outcome_group

),

-- crime types by year: those of a month are small
summed as (

    select
        monthly.method_id,
        monthly.force,
        supply.period_type,
        supply.period_start,
        monthly.crime_type,
        monthly.outcome_group,
        sum(monthly.crime_count) as outcome_count

    from monthly
    inner join supply
        on monthly.force = supply.force
        and monthly.month between supply.period_start and supply.period_end

    where
        not monthly.is_breakdown
        or supply.period_type = 'fin_year'
    group by
        monthly.method_id,
        monthly.force,
        supply.period_type,
        supply.period_start,
        monthly.crime_type,
        monthly.outcome_group

),

force_methods as (

    select distinct
        method_id,
        force

    from months

),

-- the months whose files a figure needs: its own, those of the wait, and, for outcomes given in a period, the crimes of
-- a year before, as a download knows no outcomes of crimes older than itself
waits as (

    select
        methods.method_id,
        methods.source_id,
        supply.force,
        supply.area_code,
        supply.period_type,
        supply.period_start,
        supply.period_end,
        supply.months_expected,
        supply.status,
        {{ month_end(add_months('supply.period_end', 'methods.months_to_wait')) }} as wait_end,
        {{ add_months('supply.period_start', '-methods.months_before') }} as first_month,
        supply.months_expected + methods.months_to_wait as months_asked,
        methods.months_before

    from supply
    inner join force_methods on supply.force = force_methods.force
    inner join methods on force_methods.method_id = methods.method_id

),

followed as (

    select
        waits.method_id,
        waits.force,
        waits.period_type,
        waits.period_start,
        count(case when source_months.source = 'police_uk_outcomes' then 1 end) as months_in_series,
        count(
            case when source_months.source = 'police_uk_outcomes' and source_months.status = 'supplied' then 1 end
        ) as months_supplied,
        count(
            case
                when
                    source_months.source = 'police_uk_street'
                    and source_months.status = 'supplied'
                    and source_months.month < waits.period_start
                    then 1
            end
        ) as months_before_supplied,
        max(case when source_months.is_sample then 1 else 0 end) as is_synthetic,
        {{ sorted_list('source_months.extract_id') }} as extract_ids

    from waits
    inner join source_months
        on waits.force = source_months.force
        and (
            (
                source_months.source = 'police_uk_street'
                and source_months.month between waits.first_month and waits.period_end
            )
            or (
                source_months.source = 'police_uk_outcomes'
                and source_months.month between waits.period_start and waits.wait_end
            )
        )

    group by waits.method_id, waits.force, waits.period_type, waits.period_start

),

judged as (

    select
        waits.*,
        case
            when waits.status <> 'final' then waits.status
            -- whatever the street file knew on the day it was made
            when waits.method_id = 'as_last_known' then 'provisional'
            when followed.months_supplied < followed.months_in_series then 'not_supplied'
            -- too young: the wait runs beyond the last outcome file
            when followed.months_in_series < waits.months_asked then 'partial'
            when followed.months_before_supplied < waits.months_before then 'partial'
            else 'final'
        end as figure_status,
        case when followed.is_synthetic = 1 then 'synthetic' else 'computed' end as source_kind,
        followed.extract_ids

    from waits
    inner join followed
        on waits.method_id = followed.method_id
        and waits.force = followed.force
        and waits.period_type = followed.period_type
        and waits.period_start = followed.period_start

),

-- a group without a record in a period that has crimes is a true 0
observed as (

    select distinct
        method_id,
        force,
        period_type,
        period_start,
        crime_type

    from summed

    where outcome_group = 'recorded'

),

group_names as (

    select distinct outcome_group from outcome_groups

    union

    select outcome_group from (values ('recorded'), ('closed'), ('without_id')) as base (outcome_group)

),

final as (

    select
        judged.source_id,
        judged.method_id,
        judged.area_code,
        judged.period_type,
        judged.period_start,
        judged.period_end,
        observed.crime_type as breakdown_value,
        group_names.outcome_group,
        case
            when judged.figure_status in ('final', 'provisional') then cast(coalesce(summed.outcome_count, 0) as bigint)
        end as outcome_count,
        judged.figure_status as status,
        judged.source_kind,
        judged.extract_ids

    from judged
    inner join observed
        on judged.method_id = observed.method_id
        and judged.force = observed.force
        and judged.period_type = observed.period_type
        and judged.period_start = observed.period_start
    cross join group_names
    left join summed
        on observed.method_id = summed.method_id
        and observed.force = summed.force
        and observed.period_type = summed.period_type
        and observed.period_start = summed.period_start
        and observed.crime_type is not distinct from summed.crime_type
        and group_names.outcome_group = summed.outcome_group

    where not (judged.method_id = 'in_period_police_uk' and group_names.outcome_group = 'not_yet_assigned')

)

select * from final
