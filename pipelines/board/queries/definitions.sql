SELECT
    coalesce(line.headline_number, '–') AS number,
    line.indicator_name,
    indicator.measure_definition AS definition,
    measure.numerator,
    measure.denominator,
    line.unit,
    line.direction,
    coalesce(measure.method, 'As the force gives it in a performance return') AS method,
    replace(indicator.datasets, ';', '; ') AS source,
    indicator.document,
    indicator.line
FROM line
JOIN marts.dim_plan_indicator AS indicator USING (plan_indicator_id)
LEFT JOIN marts.dim_measure AS measure ON indicator.measure_id = measure.measure_id
WHERE line.is_own
ORDER BY line.headline IS NULL, line.headline, line.position
