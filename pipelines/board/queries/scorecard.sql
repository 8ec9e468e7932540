SELECT
    *,
    coalesce(headline_number, '–') AS number,
    CASE WHEN headline IS NULL THEN 'Definitions' ELSE 'Sheet ' || headline_number END AS sheet,
    CASE WHEN headline IS NULL THEN 'board_definitions' ELSE plan_indicator_id END AS link
FROM line
WHERE is_own
ORDER BY headline IS NULL, headline, position
