SELECT
    source, force, period_start, period_end, file_name, status, sequence, rows_loaded, rows_quarantined,
    CASE WHEN is_sample THEN 'synthetic' ELSE 'real' END AS records,
    CAST(registered_at AS DATE) AS registered_on,
    sha256
FROM ops.extract
WHERE source IS NOT NULL AND (period_start IS NULL OR period_start <= $quarter_end)
ORDER BY source, force, period_start, slice, sequence, file_name, sha256
