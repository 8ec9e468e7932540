SELECT *
FROM line
WHERE NOT is_own AND headline IS NOT NULL
ORDER BY headline, plan_title, position
