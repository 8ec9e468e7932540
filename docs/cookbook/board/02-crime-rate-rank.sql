-- Question: Is the force's recorded crime rate without fraud, over the newest twelve months, below that of every similar force, and how sure is its rank?
-- Reads: marts.plan_coverage, marts.peer_comparison, marts.peer_member
-- Answer: one row per force of the group of similar forces, the home force first; its row has the answer
-- Sample: rows
-- Note: rank 1 is the lowest rate; rank_low to rank_high is the 95 % interval of the rank. Only when rank_high is 1 is the force the lowest beyond chance.
-- Note: forces shown beside the group are in no rank. A force without a value is named, not passed over.
with

measured as (

    select
        peers.*,
        coverage.reason

    from marts.plan_coverage as coverage
    left join marts.peer_comparison as peers on coverage.series_id = peers.series_id

    where coverage.plan_indicator_id = 'pcp1620_crime_rate_vs_msf'

    qualify row_number() over (order by peers.period_end desc nulls last) = 1

)

select
    measured.period_start,
    measured.period_end,
    members.member_name as force_name,
    case when members.member_area_code = measured.area_code then 'home force' else members.role end as role,
    members.value as per_1000_population,
    members.ci_low,
    members.ci_high,
    members.rank,
    members.rank_low,
    members.rank_high,
    case when members.rank is not null then measured.rank_of end as rank_of,
    members.value > measured.value as is_above_home_force,
    case
        when measured.rank is null or members.member_area_code <> measured.area_code then null
        when measured.rank > 1 then 'no, not the lowest'
        when measured.members_missing is not null then concat('lowest of those held; missing: ', measured.members_missing)
        when measured.rank_high = 1 then 'yes, below every similar force'
        else 'lowest, but within chance of another'
    end as answer,
    measured.group_mean,
    members.source_kind,
    case
        when measured.series_id is null then measured.reason
        when members.value is null then members.status
        else 'held'
    end as state

from measured
left join marts.peer_member as members
    on measured.series_id = members.series_id
    and measured.period_start = members.period_start

order by
    role = 'home force' desc,
    members.role,
    members.value;
