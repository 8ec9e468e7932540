-- Points of the chart of each indicator of the plan that has a value: the months of its process chart, or the periods
-- of its series.
WITH lines AS (
    SELECT line.*, indicator.method_id, indicator.denominator_basis, indicator.breakdown_type, indicator.breakdown_value
    FROM line
    JOIN marts.dim_plan_indicator AS indicator USING (plan_indicator_id)
    WHERE line.is_own AND line.value IS NOT NULL
),

months AS (
    SELECT
        lines.plan_indicator_id,
        'month' AS period_type,
        point.month AS starts_on,
        last_day(point.month) AS ends_on,
        point.value,
        CASE
            WHEN point.value IS NOT NULL THEN 'final'
            WHEN {{ withheld('point') }} THEN 'suppressed'
            ELSE 'not_supplied'
        END AS status,
        point.mean, point.lpl, point.upl,
        point.segment,
        point.point_type AS variation,
        point.is_trial_limits,
        max(point.month) OVER (PARTITION BY point.series_id, point.segment) AS limits_until
    FROM lines
    JOIN marts.spc_point AS point ON {{ fpw.same_subject('point', 'lines') }}
    QUALIFY count(point.value) FILTER (last_day(point.month) <= $quarter_end) OVER (PARTITION BY lines.plan_indicator_id) > 1
        AND last_day(point.month) <= $quarter_end
),

periods AS (
    SELECT
        lines.plan_indicator_id,
        value.period_type,
        value.period_start AS starts_on,
        value.period_end AS ends_on,
        value.value,
        value.status
    FROM lines
    JOIN marts.plan_indicator_value AS value
        ON lines.plan_indicator_id = value.plan_indicator_id AND lines.period_type = value.period_type
    WHERE value.period_end <= $quarter_end
        AND lines.plan_indicator_id NOT IN (SELECT plan_indicator_id FROM months)
),

points AS (
    SELECT * FROM months
    UNION ALL BY NAME
    SELECT * FROM periods
),

broken AS (
    SELECT
        points.*,
        lag(points.starts_on) OVER neighbours AS previous_starts_on,
        date_diff('month', lag(points.ends_on) OVER neighbours, points.ends_on) AS months_since
    FROM points
    WINDOW neighbours AS (PARTITION BY points.plan_indicator_id ORDER BY points.ends_on)
),

breaks AS (
    SELECT
        broken.plan_indicator_id,
        broken.ends_on,
        max(break.break_date) AS break_date,
        max_by(break.what_changed, break.break_date) AS what_changed
    FROM broken
    JOIN lines USING (plan_indicator_id)
    JOIN marts.series_break AS break
        ON {{ fpw.is_about('break', 'lines') }}
        AND break.break_date > broken.previous_starts_on AND break.break_date <= broken.ends_on
    GROUP BY ALL
),

-- a target of months is drawn through months; of a count only over the period it is set for
targets AS (
    SELECT lines.plan_indicator_id, lines.kind, target.period_type, target.period_start, target.period_end, target.target_level
    FROM lines
    JOIN marts.plan_target_value AS target USING (plan_indicator_id)
    WHERE target.target_level IS NOT NULL
)

SELECT
    lines.plan_indicator_id,
    lines.indicator_name,
    lines.unit,
    lines.decimals,
    broken.period_type,
    {{ fpw.period_label('broken.period_type', 'broken.starts_on', 'broken.ends_on') }} AS label,
    broken.starts_on,
    broken.ends_on,
    broken.value,
    broken.status,
    broken.mean,
    broken.lpl,
    broken.upl,
    broken.segment,
    broken.variation,
    broken.is_trial_limits,
    broken.limits_until,
    (
        SELECT max(targets.target_level)
        FROM targets
        WHERE targets.plan_indicator_id = broken.plan_indicator_id
            AND (
                (targets.period_type = broken.period_type AND targets.period_end = broken.ends_on)
                OR (
                    broken.period_type = 'month' AND targets.kind IN ('share', 'ratio', 'mean')
                    AND targets.period_type = lines.period_type
                    AND broken.starts_on >= targets.period_start AND broken.ends_on <= targets.period_end
                )
            )
    ) AS target,
    breaks.break_date,
    {{ fpw.date_text('breaks.break_date', '%-d %B %Y', 'd MMMM yyyy') }} || ': ' || breaks.what_changed AS break_words,
    -- neighbours are as far apart as the closest of the series
    coalesce(broken.months_since > min(broken.months_since) OVER (PARTITION BY broken.plan_indicator_id), false) AS is_after_gap
FROM broken
JOIN lines USING (plan_indicator_id)
LEFT JOIN breaks USING (plan_indicator_id, ends_on)
ORDER BY lines.headline IS NULL, lines.headline, lines.position, broken.ends_on
