SELECT status, severity, layer, table_name, check_name, unexpected_count, rows_checked, description
FROM ops.check_result
WHERE run_id = (SELECT run_id FROM ops.release)
ORDER BY status = 'passed', severity = 'warning', layer, table_name, check_name
