SELECT issue.issue_id, issue.document, issue.severity, issue.subject, issue.explanation, issue.treatment
FROM marts.published_issue AS issue
JOIN marts.dim_plan AS plan ON issue.document = plan.document
WHERE plan.plan_id = $plan OR (plan.reports_on = $plan AND plan.ends_on <= $quarter_end)
ORDER BY plan.reports_on NULLS LAST, issue.document, try_cast(regexp_extract(issue.issue_id, '[0-9]+$') AS INTEGER), issue.issue_id
