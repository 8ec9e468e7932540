SELECT 'Indicator' AS what, indicator_name AS name, coalesce(period, '') AS period, sentence AS reason
FROM (
    SELECT indicator_name, period, CASE
        WHEN starts_with(sentence, indicator_name || ': ') THEN substr(sentence, length(indicator_name) + 3) ELSE sentence
    END AS sentence, headline, position
    FROM line WHERE is_own AND value IS NULL
    ORDER BY headline IS NULL, headline, position
)

UNION ALL

SELECT 'Month of a source', source || ', ' || force, {{ fpw.date_text('month', '%B %Y', 'MMMM yyyy') }},
    'The months before and after it were supplied; longer periods that hold it have no value.'
FROM (
    SELECT * FROM marts.source_month
    WHERE status = 'not_supplied' AND is_within_series AND month <= $quarter_end
    ORDER BY source, force, month
)
