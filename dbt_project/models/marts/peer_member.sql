{% set draw_count = 5000 %}
{# So many standard errors apart, one force overtakes another in one of thirty thousand draws: too seldom to move the
   2.5 % ends of an interval. #}
{% set errors_apart = 4 %}

with

peer_values as (

    select * from {{ ref('int_peer_value') }}

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

    select distinct
        force_area_code as member_area_code,
        'member' as role,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to

    from similar_forces

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

-- the draws of a force are the same in every period and in every build
draws as (

    select
        numbers.n as draw,
        drawn.member_area_code,
        {{ normal_draw("drawn.member_area_code || '|' || cast(numbers.n as varchar)") }} as deviate

    from (select distinct member_area_code from couples where is_in_doubt) as drawn
    cross join ({{ counting(draw_count) }}) as numbers

),

drawn_ranks as (

    select
        couples.peer_id,
        couples.member_area_code,
        own_draws.draw,
        sum(
            case
                when couples.other_value + other_draws.deviate * couples.other_error
                    < couples.stabilised_value + own_draws.deviate * couples.stabilised_error
                    then 1
                else 0
            end
        ) as possibly_below

    from couples
    inner join draws as own_draws on couples.member_area_code = own_draws.member_area_code
    inner join draws as other_draws
        on couples.other_area_code = other_draws.member_area_code
        and own_draws.draw = other_draws.draw

    where couples.is_in_doubt
    group by couples.peer_id, couples.member_area_code, own_draws.draw

),

rank_counts as (

    select
        peer_id,
        member_area_code,
        possibly_below,
        count(*) as draw_count

    from drawn_ranks

    group by peer_id, member_area_code, possibly_below

),

cumulated as (

    select
        peer_id,
        member_area_code,
        possibly_below,
        sum(draw_count) over (
            partition by peer_id, member_area_code order by possibly_below
        ) as draws_so_far

    from rank_counts

),

intervals as (

    select
        peer_id,
        member_area_code,
        min(case when draws_so_far >= 0.025 * {{ draw_count }} then possibly_below end) as fewest_below,
        min(case when draws_so_far >= 0.975 * {{ draw_count }} then possibly_below end) as most_below

    from cumulated

    group by peer_id, member_area_code

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
                then 1 + coalesce(certain.certainly_below, 0) + coalesce(intervals.fewest_below, 0)
        end as integer) as rank_low,
        cast(case
            when members.is_ranked
                then 1 + coalesce(certain.certainly_below, 0) + coalesce(intervals.most_below, 0)
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
    left join intervals
        on members.peer_id = intervals.peer_id
        and members.member_area_code = intervals.member_area_code

)

select * from final
