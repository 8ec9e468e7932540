{# Totals of all forces, and of England and Wales, on which the home force can be compared with others. #}
{# Rates by so few residents say nothing of those who live there: the City of London. #}
{% set fewest_residents = 10000 %}

with

home as (

    select area_code from {{ ref('force') }} where force = '{{ var("home_force") }}'

),

-- only years, and rolling years that end with a quarter
home_series as (

    select dim_series.*

    from {{ ref('dim_series') }} as dim_series
    inner join home on dim_series.area_code = home.area_code

    where
        dim_series.breakdown_type is null
        and dim_series.kind in ('rate', 'share')
        and dim_series.period_type in ('fin_year', 'cal_year', 'rolling_12m')

),

measure_values as (

    select * from {{ ref('measure_value') }}

    where
        breakdown_type is null
        and measure_id in (select measure_id from home_series)
        and (period_type in ('fin_year', 'cal_year') or (period_type = 'rolling_12m' and month(period_end) in (3, 6, 9, 12)))

),

areas as (

    select
        area_code,
        force_name as area_name,
        'force' as area_type

    from {{ ref('force') }}

    where force_kind = 'territorial'

    union all

    select
        area_code,
        area_name,
        area_type

    from {{ ref('dim_area') }}

    where area_type = 'country'

),

gaps as (

    select * from {{ ref('series_break') }} where kind = 'coverage_gap'

),

comparable_values as (

    select
        concat_ws('|', home_series.series_id, cast(measure_values.period_end as varchar)) as peer_id,
        home_series.series_id,
        home_series.measure_id,
        home_series.method_id,
        home_series.denominator_basis,
        home_series.kind,
        home_series.direction,
        measure_values.period_type,
        measure_values.period_start,
        measure_values.period_end,
        measure_values.area_code,
        measure_values.breakdown_type,
        measure_values.breakdown_value,
        areas.area_name,
        areas.area_type,
        measure_values.area_code = home_series.area_code as is_home,
        measure_values.multiplier,
        measure_values.value,
        measure_values.numerator,
        measure_values.denominator,
        measure_values.ci_low,
        measure_values.ci_high,
        measure_values.status,
        measure_values.source_kind

    from measure_values
    inner join home_series
        on measure_values.measure_id = home_series.measure_id
        and measure_values.period_type = home_series.period_type
        and measure_values.method_id = home_series.method_id
        and coalesce({{ denominator_basis('measure_values.denominator_id') }}, '-') = coalesce(home_series.denominator_basis, '-')
    inner join areas on measure_values.area_code = areas.area_code

),

-- a force whose records stop or begin within the period would look better than it is
gapped as (

    select distinct
        comparable_values.peer_id,
        comparable_values.area_code

    from comparable_values
    inner join gaps
        on {{ is_about('gaps', 'comparable_values') }}
        and comparable_values.period_start < gaps.break_date
        and comparable_values.period_end >= gaps.break_date

),

judged as (

    select
        comparable_values.*,
        comparable_values.value is not null and gapped.peer_id is null as is_usable,
        case when gapped.peer_id is not null then 'coverage_gap' else comparable_values.status end as peer_status

    from comparable_values
    left join gapped
        on comparable_values.peer_id = gapped.peer_id
        and comparable_values.area_code = gapped.area_code

),

-- where nobody but the home force has a value there is nothing to compare with
shared as (

    select peer_id

    from judged

    where is_usable
    group by peer_id
    having
        count(*) > 1
        and max(case when is_home then 1 else 0 end) = 1

),

final as (

    select
        judged.peer_id,
        judged.series_id,
        judged.measure_id,
        judged.method_id,
        judged.denominator_basis,
        judged.kind,
        judged.direction,
        judged.period_type,
        judged.period_start,
        judged.period_end,
        judged.area_code,
        judged.area_name,
        judged.area_type,
        judged.is_home,
        judged.multiplier,
        case when judged.is_usable then judged.value end as value,
        case when judged.is_usable then judged.numerator end as numerator,
        case when judged.is_usable then judged.denominator end as denominator,
        case when judged.is_usable then judged.ci_low end as ci_low,
        case when judged.is_usable then judged.ci_high end as ci_high,
        case
            when judged.is_usable then {{ stabilised('judged.kind', 'judged.value', 'judged.multiplier') }}
        end as stabilised_value,
        case
            when judged.is_usable
                then (
                    {{ stabilised('judged.kind', 'judged.ci_high', 'judged.multiplier') }}
                    - {{ stabilised('judged.kind', 'judged.ci_low', 'judged.multiplier') }}
                ) / (2.0e0 * {{ z_95() }})
        end as stabilised_error,
        judged.peer_status as status,
        judged.is_usable
        and judged.area_type = 'force'
        and (judged.kind = 'share' or judged.denominator >= {{ fewest_residents }}) as is_in_funnel,
        judged.source_kind

    from judged
    inner join shared on judged.peer_id = shared.peer_id

)

select * from final
