{% set draw_count = 5000 %}
{# So many standard errors apart, one force overtakes another in one of thirty thousand draws: too seldom to move the
   2.5 % ends of an interval. #}
{% set errors_apart = 4 %}

with

peer_values as (

    select * from {{ ref('peer_value') }}

),

forces as (

    select * from {{ ref('force') }}

),

home as (

    select area_code from forces where force = '{{ var("home_force") }}'

),

similar_forces as (

    select similar_force.*

    from {{ ref('similar_force') }} as similar_force
    inner join home on similar_force.force_area_code = home.area_code

),

-- a force belongs to its own group, whether or not the seed says so
group_members as (

    select
        member_area_code,
        role,
        valid_from,
        valid_to

    from similar_forces

    where member_area_code <> force_area_code

    union all

    select
        area_code as member_area_code,
        'member' as role,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to

    from home

),

members as (

    select
        own.peer_id,
        own.series_id,
        own.measure_id,
        own.area_code,
        own.method_id,
        own.denominator_basis,
        own.direction,
        own.period_type,
        own.period_start,
        own.period_end,
        group_members.member_area_code,
        forces.force_name as member_name,
        group_members.role,
        peer_values.value,
        peer_values.numerator,
        peer_values.denominator,
        peer_values.ci_low,
        peer_values.ci_high,
        peer_values.stabilised_value,
        peer_values.stabilised_error,
        coalesce(peer_values.status, 'not_supplied') as status,
        coalesce(peer_values.source_kind, own.source_kind) as source_kind,
        peer_values.value is not null as has_value,
        peer_values.value is not null and group_members.role = 'member' as is_ranked

    from peer_values as own
    inner join group_members
        on (group_members.valid_from is null or own.period_end >= group_members.valid_from)
        and (group_members.valid_to is null or own.period_end <= group_members.valid_to)
    inner join forces on group_members.member_area_code = forces.area_code
    left join peer_values
        on own.peer_id = peer_values.peer_id
        and group_members.member_area_code = peer_values.area_code

    where own.is_home

),

couples as (

    select
        one.peer_id,
        one.member_area_code,
        other.member_area_code as other_area_code,
        one.stabilised_value,
        one.stabilised_error,
        other.stabilised_value as other_value,
        other.stabilised_error as other_error,
        abs(one.stabilised_value - other.stabilised_value)
        < {{ errors_apart }} * sqrt(power(one.stabilised_error, 2) + power(other.stabilised_error, 2)) as is_in_doubt

    from members as one
    inner join members as other
        on one.peer_id = other.peer_id
        and one.member_area_code <> other.member_area_code

    where
        one.is_ranked
        and other.is_ranked

),

certain as (

    select
        peer_id,
        member_area_code,
        sum(case when not is_in_doubt and other_value < stabilised_value then 1 else 0 end) as certainly_below

    from couples

    group by peer_id, member_area_code

),

-- a number for each force of a group, which is quicker to count by than its names
in_doubt as (

    select
        *,
        dense_rank() over (order by peer_id, member_area_code) as drawn_id

    from couples

    where is_in_doubt

),

-- the draws of a force are the same in every period and in every build
draws as (

    select
        numbers.n as draw,
        drawn.member_area_code,
        {{ normal_draw("drawn.member_area_code || '|' || cast(numbers.n as varchar)") }} as deviate

    from (select distinct member_area_code from in_doubt) as drawn
    cross join ({{ counting(draw_count) }}) as numbers

),

drawn_ranks as (

    select
        in_doubt.drawn_id,
        own_draws.draw,
        sum(
            case
                when in_doubt.other_value + other_draws.deviate * in_doubt.other_error
                    < in_doubt.stabilised_value + own_draws.deviate * in_doubt.stabilised_error
                    then 1
                else 0
            end
        ) as possibly_below

    from in_doubt
    inner join draws as own_draws on in_doubt.member_area_code = own_draws.member_area_code
    inner join draws as other_draws
        on in_doubt.other_area_code = other_draws.member_area_code
        and own_draws.draw = other_draws.draw

    group by in_doubt.drawn_id, own_draws.draw

),

rank_counts as (

    select
        drawn_id,
        possibly_below,
        count(*) as draw_count

    from drawn_ranks

    group by drawn_id, possibly_below

),

cumulated as (

    select
        drawn_id,
        possibly_below,
        sum(draw_count) over (partition by drawn_id order by possibly_below) as draws_so_far

    from rank_counts

),

intervals as (

    select
        drawn_id,
        min(case when draws_so_far >= 0.025 * {{ draw_count }} then possibly_below end) as fewest_below,
        min(case when draws_so_far >= 0.975 * {{ draw_count }} then possibly_below end) as most_below

    from cumulated

    group by drawn_id

),

named_intervals as (

    select distinct
        in_doubt.peer_id,
        in_doubt.member_area_code,
        intervals.fewest_below,
        intervals.most_below

    from intervals
    inner join in_doubt on intervals.drawn_id = in_doubt.drawn_id

),

final as (

    select
        members.series_id,
        members.measure_id,
        members.area_code,
        members.period_type,
        members.period_start,
        members.period_end,
        members.method_id,
        members.denominator_basis,
        members.member_area_code,
        members.member_name,
        members.role,
        members.value,
        members.ci_low,
        members.ci_high,
        members.numerator,
        members.denominator,
        members.status,
        cast(case
            when members.is_ranked
                then rank() over (partition by members.peer_id, members.is_ranked order by members.value)
        end as integer) as rank,
        cast(case
            when members.is_ranked
                then 1 + coalesce(certain.certainly_below, 0) + coalesce(named_intervals.fewest_below, 0)
        end as integer) as rank_low,
        cast(case
            when members.is_ranked
                then 1 + coalesce(certain.certainly_below, 0) + coalesce(named_intervals.most_below, 0)
        end as integer) as rank_high,
        cast(case
            when members.is_ranked and members.direction = 'lower'
                then rank() over (partition by members.peer_id, members.is_ranked order by members.value)
            when members.is_ranked and members.direction = 'higher'
                then rank() over (partition by members.peer_id, members.is_ranked order by members.value desc)
        end as integer) as rank_best,
        cast(case
            when members.has_value
                then rank() over (partition by members.peer_id, members.has_value order by members.value)
        end as integer) as rank_shown,
        members.source_kind

    from members
    left join certain
        on members.peer_id = certain.peer_id
        and members.member_area_code = certain.member_area_code
    left join named_intervals
        on members.peer_id = named_intervals.peer_id
        and members.member_area_code = named_intervals.member_area_code

)

select * from final
