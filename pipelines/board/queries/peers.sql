WITH lines AS (
    SELECT *, coalesce(headline_number, '–') AS number FROM line WHERE is_own AND value IS NOT NULL
),

rows AS (
    SELECT
        lines.plan_indicator_id, member.member_name AS force_name,
        CASE WHEN member.member_area_code = member.area_code THEN 'own' ELSE member.role END AS role,
        member.value, member.ci_low, member.ci_high,
        member.value - member.ci_low AS below, member.ci_high - member.value AS above, member.status, member.rank, member.rank_shown AS place
    FROM lines
    JOIN marts.peer_member AS member
        ON lines.series_id = member.series_id AND lines.period_start = member.period_start AND lines.period_end = member.period_end
    -- a force without a registered group stands beside nobody
    QUALIFY count(*) OVER (PARTITION BY lines.plan_indicator_id) > 1

    UNION ALL BY NAME

    SELECT
        lines.plan_indicator_id, 'Mean of ' || comparison.member_count || ' similar forces' AS force_name, 'group_mean' AS role,
        comparison.group_mean AS value, 'final' AS status
    FROM lines
    JOIN marts.peer_comparison AS comparison
        ON lines.series_id = comparison.series_id AND lines.period_start = comparison.period_start
        AND lines.period_end = comparison.period_end
    WHERE comparison.group_mean IS NOT NULL
)

SELECT
    lines.number, lines.plan_indicator_id, lines.indicator_name, lines.period, lines.unit, lines.decimals,
    rows.force_name, rows.role, rows.value, rows.ci_low, rows.ci_high,
    rows.below, rows.above, rows.status, rows.rank
FROM lines
JOIN rows USING (plan_indicator_id)
ORDER BY lines.headline IS NULL, lines.headline, lines.position, rows.role = 'group_mean', rows.place, rows.force_name
