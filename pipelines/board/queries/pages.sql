-- A page for each headline indicator of the plan.
SELECT
    line.*,
    line.headline_number AS number,
    indicator.measure_definition AS definition,
    measure.numerator,
    measure.denominator,
    coalesce(measure.method, 'As the force gives it in a performance return') AS method,
    replace(indicator.datasets, ';', '; ') AS source
FROM line
JOIN marts.dim_plan_indicator AS indicator USING (plan_indicator_id)
LEFT JOIN marts.dim_measure AS measure ON indicator.measure_id = measure.measure_id
WHERE line.is_own AND line.headline IS NOT NULL
ORDER BY line.headline, line.position
