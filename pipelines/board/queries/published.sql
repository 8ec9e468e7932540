SELECT
    line.headline,
    line.indicator_name,
    replace(figure.quantity, '_', ' ') AS quantity,
    figure.breakdown_value,
    CASE
        WHEN figure.period_start IS NULL THEN NULL
        WHEN figure.period_start = figure.period_end THEN {{ fpw.date_text('figure.period_end', '%-d %B %Y', 'd MMMM yyyy') }}
        ELSE {{ fpw.date_text('figure.period_start', '%b %Y', 'MMM yyyy') }} || ' to '
            || {{ fpw.date_text('figure.period_end', '%b %Y', 'MMM yyyy') }}
    END AS period,
    figure.as_printed,
    figure.published_value,
    figure.computed_value,
    coalesce(figure.computed_status, 'not_supplied') AS computed_marker,
    greatest(coalesce(figure.decimals_printed, 0), 0) AS decimals,
    figure.unit AS unit,
    figure.verdict AS agreement,
    figure.reason,
    figure.derivation_verdict AS own_agreement,
    figure.document,
    figure.line,
    figure.figure_id
FROM marts.reconciliation AS figure
JOIN line USING (plan_indicator_id)
WHERE figure.period_end IS NULL OR figure.period_end <= $quarter_end
ORDER BY line.headline IS NULL, line.headline, figure.document DESC, figure.line, figure.figure_id
