SELECT *, coalesce(headline_number, '') AS number
FROM line
WHERE is_own
ORDER BY headline IS NULL, headline, position
