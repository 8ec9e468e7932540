-- What the reports on the plan tell under the headline of a page, and how their figures agree.
WITH pages AS (
    SELECT plan_indicator_id, headline, series_id, period_end,
        row_number() OVER (PARTITION BY headline ORDER BY position) = 1 AS is_first
    FROM line WHERE is_own AND headline IS NOT NULL
),

figures AS (
    SELECT
        line.headline,
        coalesce(plan.plan_title, reconciliation.document) AS document,
        count(*) AS printed,
        count(*) FILTER (reconciliation.verdict = 'reproduces') AS agree,
        count(*) FILTER (reconciliation.verdict IN ('rounding', 'truncated')) AS nearly,
        count(*) FILTER (reconciliation.verdict = 'does_not_reproduce') AS disagree,
        count(*) FILTER (reconciliation.verdict NOT IN ('reproduces', 'rounding', 'truncated', 'does_not_reproduce')) AS without
    FROM marts.reconciliation
    JOIN line USING (plan_indicator_id)
    LEFT JOIN marts.dim_plan AS plan ON reconciliation.document = plan.document
    WHERE reconciliation.period_end <= $quarter_end AND line.headline IS NOT NULL
    GROUP BY ALL
)

SELECT pages.plan_indicator_id, 'related' AS kind, line.plan_title AS document, line.sentence AS text, line.position AS place
FROM pages
JOIN line ON pages.headline = line.headline AND NOT line.is_own
WHERE pages.is_first AND line.value IS NOT NULL
    AND NOT coalesce(line.series_id = pages.series_id AND line.period_end = pages.period_end, false)

UNION ALL

SELECT
    pages.plan_indicator_id, 'figures', figures.document,
    concat_ws(
        ', ',
        printed || CASE WHEN printed = 1 THEN ' figure printed: ' ELSE ' figures printed: ' END || agree || ' reproduced',
        CASE WHEN nearly > 0 THEN nearly || ' but for rounding' END,
        CASE WHEN disagree > 0 THEN disagree || ' not reproduced' END,
        CASE WHEN without > 0 THEN without || ' without a value to hold them against' END
    ) || '.',
    0
FROM pages JOIN figures USING (headline) WHERE pages.is_first

UNION ALL

SELECT DISTINCT
    pages.plan_indicator_id, 'disagreement', coalesce(plan.plan_title, issue.document), issue.issue_id || ': ' || issue.explanation, 0
FROM pages
JOIN line USING (headline)
JOIN marts.reconciliation ON line.plan_indicator_id = reconciliation.plan_indicator_id
JOIN marts.published_issue AS issue ON reconciliation.issue_id = issue.issue_id
LEFT JOIN marts.dim_plan AS plan ON issue.document = plan.document
WHERE pages.is_first AND reconciliation.period_end <= $quarter_end

ORDER BY kind DESC, document, place, text
