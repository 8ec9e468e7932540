-- Restatements that came between the release of the last pack and this one.
SELECT DISTINCT
    coalesce(line.headline_number, '–') AS number,
    line.indicator_name,
    line.unit,
    line.decimals,
    {{ fpw.period_label('restatement.period_type', 'restatement.period_start', 'restatement.period_end') }} AS period,
    restatement.period_end,
    restatement.old_value,
    restatement.old_status,
    restatement.new_value,
    coalesce(restatement.new_status, 'not_supplied') AS new_status,
    restatement.difference,
    restatement.change,
    restatement.reason,
    strftime(restatement.restated_at, '%Y-%m-%d %H:%M') AS restated_at,
    line.headline IS NULL AS is_last,
    line.headline,
    line.position
FROM marts.restatement
JOIN marts.plan_indicator_value AS value USING (series_id)
JOIN line ON value.plan_indicator_id = line.plan_indicator_id AND line.is_own
WHERE restatement.period_end <= $quarter_end
    AND restatement.restated_at > CAST($since AS TIMESTAMP) AND restatement.restated_at <= CAST($known_at AS TIMESTAMP)
ORDER BY is_last, line.headline, line.position, restatement.period_end, restated_at
