-- Question: Where does the force stand among similar forces: their plain mean with the force in it, their pooled mean without it, and its place in the funnel at 95 % and 99.8 %, allowing for the overdispersion of all forces?
-- Reads: marts.peer_comparison, marts.dim_measure, marts.plan_coverage
-- Answer: one row per rate, share or index and method, for the newest period that has members; without any, rows with the state
-- Sample: rows
-- Note: phi_basis says whether phi comes from all forces or, where fewer than ten of them are held, from the group alone: its limits are for drawing only, and the force has no place in them; all_force_count is how many went in (43 when every territorial force is held).
-- Note: The sample holds five forces.
with

answer as (

    select
        peers.measure_id,
        measures.measure_name,
        measures.unit,
        peers.method_id,
        peers.period_type,
        peers.period_start,
        peers.period_end,
        peers.value,
        peers.ci_low,
        peers.ci_high,
        peers.group_mean as similar_mean_with_force,
        peers.pooled_others as similar_pooled_without_force,
        peers.member_count,
        peers.members_missing,
        peers.phi,
        peers.phi_basis,
        peers.all_force_count,
        peers.forces_missing,
        peers.funnel_centre,
        peers.funnel_lower_95,
        peers.funnel_upper_95,
        peers.funnel_lower_998,
        peers.funnel_upper_998,
        peers.funnel_position,
        peers.words,
        peers.source_kind

    from marts.peer_comparison as peers
    left join marts.dim_measure as measures on peers.measure_id = measures.measure_id

    qualify peers.period_end = max(peers.period_end) over (partition by peers.measure_id, peers.method_id, peers.period_type)

)

select * from answer

union all by name

select reason as words

from marts.plan_coverage

where
    measure_id = 'total_recorded_crime_rate'
    and not exists (select 1 from answer)

order by measure_id, method_id, period_type
