{# From so many forces on, the funnel rests on all of them and not on the group alone. #}
{% set forces_for_funnel = 10 %}
{% set is_other = "role = 'member' and member_area_code <> area_code and value is not null" %}
{% set limits = [('lower_95', '-' ~ z_95()), ('upper_95', z_95()), ('lower_998', '-' ~ z_998()), ('upper_998', z_998())] %}

with

peer_values as (

    select * from {{ ref('peer_value') }}

),

members as (

    select * from {{ ref('peer_member') }}

),

own_members as (

    select * from members where member_area_code = area_code

),

own as (

    select peer_values.*

    from peer_values
    inner join own_members
        on peer_values.series_id = own_members.series_id
        and peer_values.period_end = own_members.period_end

    where peer_values.is_home

),

group_figures as (

    select
        series_id,
        period_end,
        cast(sum(case when role = 'member' and value is not null then 1 else 0 end) as integer) as member_count,
        max(case when member_area_code <> area_code then 1 else 0 end) as has_group,
        cast(count(value) as integer) as rank_shown_of,
        {{ ordered_avg("case when role = 'member' then value end") }} as group_mean,
        {{ ordered_avg("case when role = 'member' and member_area_code <> area_code then value end") }} as group_mean_others,
        {{ ordered_sum('case when ' ~ is_other ~ ' then numerator end') }} as numerator_others,
        {{ ordered_sum('case when ' ~ is_other ~ ' then denominator end') }} as denominator_others,
        {{ names_text("case when role = 'member' and value is null then member_name end") }} as members_missing,
        max(case when source_kind = 'synthetic' then 1 else 0 end) as has_synthetic

    from members

    group by series_id, period_end

),

all_forces as (

    select
        peer_id,
        cast(sum(case when is_in_funnel then 1 else 0 end) as integer) as all_force_count,
        {{ ordered_avg('case when is_in_funnel then value end') }} as all_forces_mean,
        {{ names_text("case when area_type = 'force' and status in ('not_supplied', 'coverage_gap') then area_name end") }} as forces_missing,
        max(case when source_kind = 'synthetic' then 1 else 0 end) as has_synthetic

    from peer_values

    group by peer_id

),

funnel_forces as (

    select peer_values.*

    from peer_values
    inner join all_forces on peer_values.peer_id = all_forces.peer_id
    left join members
        on peer_values.series_id = members.series_id
        and peer_values.period_end = members.period_end
        and peer_values.area_code = members.member_area_code
        and members.role = 'member'

    where
        peer_values.is_in_funnel
        and (all_forces.all_force_count >= {{ forces_for_funnel }} or members.member_area_code is not null)

),

centres as (

    select
        peer_id,
        {{ ordered_avg('value') }} as funnel_centre,
        {{ stabilised('max(kind)', ordered_avg('value'), 'max(multiplier)') }} as stabilised_centre

    from funnel_forces

    group by peer_id

),

deviations as (

    select
        funnel_forces.peer_id,
        {{ funnel_z('funnel_forces.stabilised_value', 'centres.stabilised_centre', 'funnel_forces.denominator') }} as z,
        count(*) over (partition by funnel_forces.peer_id) as force_count

    from funnel_forces
    inner join centres on funnel_forces.peer_id = centres.peer_id

),

ordered as (

    select
        peer_id,
        z,
        floor(force_count / 10) as cut,
        row_number() over (partition by peer_id order by z) as position,
        row_number() over (partition by peer_id order by z desc) as position_from_top

    from deviations

),

-- the tenth at either end is drawn in to the nearest force that stays
bounds as (

    select
        peer_id,
        max(case when position = cut + 1 then z end) as lowest,
        max(case when position_from_top = cut + 1 then z end) as highest

    from ordered

    group by peer_id

),

dispersion as (

    select
        ordered.peer_id,
        greatest(1.0e0, {{ ordered_avg('power(greatest(bounds.lowest, least(bounds.highest, ordered.z)), 2)') }}) as phi

    from ordered
    inner join bounds on ordered.peer_id = bounds.peer_id

    group by ordered.peer_id

),

-- a total from which a force is missing has fewer events than its residents would have
rest_of_country as (

    select
        own.peer_id,
        country.numerator - own.numerator as numerator,
        country.denominator - own.denominator as denominator

    from own
    inner join peer_values as country
        on own.peer_id = country.peer_id
        and country.area_type = 'country'
        and country.value is not null
    inner join all_forces
        on own.peer_id = all_forces.peer_id
        and all_forces.forces_missing is null

),

country_pairs as (

    select
        own.peer_id,
        own.kind,
        own.direction,
        own.value,
        own.numerator,
        own.denominator,
        own.multiplier,
        own.ci_low,
        own.ci_high,
        {{ rate('rest_of_country.numerator', 'rest_of_country.denominator', 'own.multiplier') }} as reference_value,
        rest_of_country.numerator as reference_numerator,
        rest_of_country.denominator as reference_denominator,
        cast(null as double) as reference_ci_low,
        cast(null as double) as reference_ci_high,
        'final' as reference_status,
        cast(null as varchar) as break_id,
        cast(null as date) as break_date,
        cast(null as varchar) as what_changed

    from own
    inner join rest_of_country on own.peer_id = rest_of_country.peer_id

),

country_changes as (
{{ with_change('country_pairs') }}
),

figures as (

    select
        own.peer_id,
        own.series_id,
        own.measure_id,
        own.area_code,
        own.area_name,
        own.period_type,
        own.period_start,
        own.period_end,
        own.method_id,
        own.denominator_basis,
        own.kind,
        own.direction,
        own.value,
        own.ci_low,
        own.ci_high,
        case when group_figures.member_count > 1 then group_figures.group_mean end as group_mean,
        group_figures.group_mean_others,
        {{ rate('group_figures.numerator_others', 'group_figures.denominator_others', 'own.multiplier') }} as pooled_others,
        group_figures.member_count,
        group_figures.has_group,
        group_figures.members_missing,
        case when group_figures.member_count > 1 then own_members.rank end as rank,
        case when group_figures.member_count > 1 then own_members.rank_low end as rank_low,
        case when group_figures.member_count > 1 then own_members.rank_high end as rank_high,
        group_figures.member_count as rank_of,
        case when group_figures.member_count > 1 then own_members.rank_best end as rank_best,
        own_members.rank_shown,
        group_figures.rank_shown_of,
        all_forces.all_forces_mean,
        all_forces.all_force_count,
        all_forces.forces_missing,
        case when all_forces.all_force_count >= {{ forces_for_funnel }} then 'all_forces' else 'group' end as phi_basis,
        -- one force is its own mean
        case when group_figures.member_count > 1 or all_forces.all_force_count >= {{ forces_for_funnel }} then dispersion.phi end as phi,
        centres.funnel_centre,
        centres.stabilised_centre,
        {{ funnel_z('own.stabilised_value', 'centres.stabilised_centre', 'own.denominator') }} as funnel_z,
        own.denominator,
        own.multiplier,
        country_changes.reference_value as england_wales_without,
        country_changes.difference as england_wales_difference,
        country_changes.difference_low as england_wales_difference_low,
        country_changes.difference_high as england_wales_difference_high,
        country_changes.change_pct as england_wales_pct,
        country_changes.change_pct_low as england_wales_pct_low,
        country_changes.change_pct_high as england_wales_pct_high,
        country_changes.finding as england_wales_finding,
        country_changes.finding_direction as england_wales_finding_direction,
        case
            when group_figures.has_synthetic = 1 or all_forces.has_synthetic = 1 then 'synthetic'
            else own.source_kind
        end as source_kind

    from own
    inner join own_members
        on own.series_id = own_members.series_id
        and own.period_end = own_members.period_end
    inner join group_figures
        on own.series_id = group_figures.series_id
        and own.period_end = group_figures.period_end
    inner join all_forces on own.peer_id = all_forces.peer_id
    left join centres on own.peer_id = centres.peer_id
    left join dispersion on own.peer_id = dispersion.peer_id
    left join country_changes on own.peer_id = country_changes.peer_id

),

funnelled as (

    select
        figures.*,
        funnel_z / sqrt(phi) as funnel_z_adjusted,
        {% for name, z in limits -%}
        case
            when phi is not null
                then {{ funnel_limit('kind', 'stabilised_centre', 'denominator', z, 'phi', 'multiplier') }}
        end as funnel_{{ name }}{{ ',' if not loop.last }}
        {% endfor %}

    from figures

),

positioned as (

    select
        funnelled.*,
        case
            -- few forces make the spread they are held against, so that none of them can lie outside it
            when phi_basis <> 'all_forces' then null
            when funnel_z_adjusted > {{ z_998() }} then 'above_998'
            when funnel_z_adjusted > {{ z_95() }} then 'above_95'
            when funnel_z_adjusted < -{{ z_998() }} then 'below_998'
            when funnel_z_adjusted < -{{ z_95() }} then 'below_95'
            when funnel_z_adjusted is not null then 'within'
        end as funnel_position

    from funnelled

),

final as (

    select
        series_id,
        measure_id,
        area_code,
        period_type,
        period_start,
        period_end,
        method_id,
        denominator_basis,
        value,
        ci_low,
        ci_high,
        group_mean,
        group_mean_others,
        pooled_others,
        member_count,
        members_missing,
        rank,
        rank_low,
        rank_high,
        rank_of,
        rank_best,
        rank_shown,
        rank_shown_of,
        all_forces_mean,
        all_force_count,
        forces_missing,
        phi,
        case when phi is not null then phi_basis end as phi_basis,
        case when phi is not null then funnel_centre end as funnel_centre,
        case when phi is not null then funnel_z end as funnel_z,
        funnel_z_adjusted,
        {% for name, z in limits -%}
        funnel_{{ name }},
        {% endfor -%}
        funnel_position,
        england_wales_without,
        england_wales_difference,
        england_wales_difference_low,
        england_wales_difference_high,
        england_wales_pct,
        england_wales_pct_low,
        england_wales_pct_high,
        england_wales_finding,
        england_wales_finding_direction,
        concat(
            {{ number_text('value', 1) }},
            coalesce(
                case
                    when {{ number_text('value', 1) }} = {{ number_text('group_mean', 1) }} then ', as the mean of '
                    when value > group_mean then ', above the mean of '
                    else ', below the mean of '
                end || cast(member_count as varchar) || ' similar forces (' || {{ number_text('group_mean', 1) }}
                || '); rank ' || cast(rank as varchar) || ' of ' || cast(rank_of as varchar)
                || ' from the lowest (95 % interval ' || cast(rank_low as varchar) || ' to '
                || cast(rank_high as varchar) || ')',
                case
                    when has_group = 1 then ', no similar force with a value'
                    else ', no similar forces are registered'
                end
            ),
            coalesce('; without ' || members_missing, ''),
            case funnel_position
                when 'within' then '; within the funnel limits'
                when 'above_95' then '; above the 95 % funnel limit'
                when 'above_998' then '; above the 99.8 % funnel limit'
                when 'below_95' then '; below the 95 % funnel limit'
                when 'below_998' then '; below the 99.8 % funnel limit'
                else ''
            end,
            case
                when funnel_position is null then ''
                else concat(' of ', cast(all_force_count as varchar), ' forces')
            end,
            coalesce(
                case england_wales_finding
                    when 'higher' then '; higher than '
                    when 'lower' then '; lower than '
                    else '; not clearly different from '
                end || {{ number_text('england_wales_without', 1) }} || ' in England and Wales without the force', ''
            )
        ) as words,
        source_kind

    from positioned

)

select * from final
