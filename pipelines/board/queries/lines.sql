-- One row for each indicator of the plan and of the reports on it: what is to be shown of it by the end of the quarter.
-- The other queries read it as the table `line`. A report is read when the time it is about is over.
WITH plans AS (
    SELECT plan_id, plan_id = $plan AS is_own
    FROM marts.dim_plan
    WHERE plan_id = $plan OR (reports_on = $plan AND ends_on <= $quarter_end)
),

indicators AS (
    SELECT
        indicator.*,
        plans.is_own,
        count(*) OVER (PARTITION BY indicator.plan_id, headline) AS of_headline,
        row_number() OVER (PARTITION BY indicator.plan_id, headline ORDER BY position) AS place
    FROM marts.dim_plan_indicator AS indicator
    JOIN plans USING (plan_id)
),

shown AS (
    SELECT *
    FROM marts.plan_scorecard AS scorecard
    WHERE period_end <= $quarter_end
    QUALIFY row_number() OVER (PARTITION BY plan_indicator_id ORDER BY {{ fpw.shown_first('scorecard') }}) = 1
)

SELECT
    indicators.plan_indicator_id,
    indicators.plan_id,
    indicators.plan_title,
    indicators.is_own,
    indicators.headline,
    -- 9, or 9a and 9b where a headline has two indicators
    indicators.headline || CASE
        WHEN indicators.headline IS NOT NULL AND indicators.of_headline > 1 THEN chr(CAST(96 + indicators.place AS INTEGER))
        ELSE ''
    END AS headline_number,
    indicators.position,
    indicators.priority,
    indicators.indicator_name,
    indicators.direction,
    indicators.unit,
    indicators.measure_id,
    indicators.area_code,
    indicators.period_type AS plan_period_type,
    shown.kind,
    coalesce(shown.decimals, 0) AS decimals,
    shown.series_id,
    shown.period_type,
    shown.period_start,
    shown.period_end,
    -- how old the value is, where a reader might take it for the quarter's
    shown.period_label || CASE
        WHEN date_diff('month', shown.period_end, $quarter_end) > 12
            THEN ' (' || date_diff('month', shown.period_end, $quarter_end) || ' months old)'
        ELSE ''
    END AS period,
    shown.value,
    shown.ci_low,
    shown.ci_high,
    coalesce(shown.status, 'not_supplied') AS status,
    shown.previous_value,
    CASE WHEN shown.value IS NULL THEN 'not_applicable' ELSE shown.previous_status END AS previous_marker,
    CASE
        WHEN 'suppressed' IN (shown.status, shown.previous_status) THEN '[c]'
        WHEN shown.value IS NULL OR shown.previous_status = 'not_supplied' THEN NULL
        -- what changed at the break stands among the caveats
        WHEN shown.previous_words LIKE 'not comparable across%' THEN split_part(shown.previous_words, ':', 1)
        ELSE shown.previous_words
    END AS change,
    shown.target_level,
    shown.comparator_value,
    shown.rank || ' of ' || shown.rank_of AS rank_words,
    shown.variation,
    shown.assurance,
    CASE
        WHEN 'suppressed' IN (shown.status, shown.previous_status) THEN coalesce(shown.verdict, 'suppressed')
        WHEN shown.judged_against = 'no_direction' THEN 'no_direction'
        ELSE coalesce(shown.verdict, 'not_supplied')
    END AS verdict,
    coalesce(
        shown.sentence,
        CASE
            WHEN shown.period_start IS NOT NULL
                THEN indicators.indicator_name || ', ' || shown.period_label || ': withheld, because the number is small '
                    || 'enough to point at people, or would give such a number away.'
        END,
        waiting.sentence,
        indicators.indicator_name || ': no value of a period that ends by the end of the quarter.'
    ) AS sentence,
    coalesce(shown.caveats, []) AS caveats
FROM indicators
LEFT JOIN shown USING (plan_indicator_id)
LEFT JOIN marts.plan_scorecard AS waiting
    ON indicators.plan_indicator_id = waiting.plan_indicator_id
    AND waiting.period_start IS NULL AND shown.plan_indicator_id IS NULL
