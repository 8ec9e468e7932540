"""Every measure, in the standard row."""

from pipelines.checks.shared import extracts_current, holds, kind_follows_sample, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

_KEY = ("measure_id", "area_code", "period_type", "period_start", "breakdown_type", "breakdown_value")
_SHOWN = ("measure_id", "area_code", "period_type", "period_start")
_STATUSES = (
    "final", "provisional", "partial", "not_supplied", "below_minimum", "suppressed", "not_collected", "not_comparable",
)  # fmt: skip
_CORRECTED = "'home_office_recorded_crime', 'home_office_outcome'"
# Anti-social behaviour has its own row and is in no total of crimes.
_IS_CRIME = "breakdown_value IN (SELECT crime_type FROM reference.street_crime_type WHERE is_crime)"


def _parts_add_up(measure_id: str, breakdown_type: str, parts: str = "true") -> str:
    """Totals of a measure that differ from the sum of their parts (those for which the condition `parts` holds)."""
    return f"""
        SELECT area_code, period_type, period_start, method_id, total, sum_of_parts
        FROM (
            SELECT area_code, period_type, period_start, method_id,
                max(value) FILTER (WHERE breakdown_type IS NULL) AS total,
                sum(value) FILTER (WHERE breakdown_type = '{breakdown_type}' AND {parts}) AS sum_of_parts
            FROM {{batch}}
            WHERE measure_id = '{measure_id}'
            GROUP BY area_code, period_type, period_start, method_id
        ) AS compared
        WHERE abs(total - sum_of_parts) > 1e-6
    """


SUITE = Suite(
    table="marts.measure_value",
    description="Every row of the standard shape: one value, its quotient, its limits and, without value, the reason.",
    expectations=(
        *(
            not_null(column, f"A row has no {column}: correct the measure model.")
            for column in ("measure_id", "area_code", "period_start", "period_end", "multiplier", "method_id")
        ),
        unique(
            "key_unique",
            (*_KEY, "denominator_id", "method_id"),
            "A value stands twice, so a query would get two answers: correct the measure model.",
        ),
        refers("measure_id", "marts.dim_measure", "measure_id", "A measure is not registered: add it to seed measure."),
        refers("area_code", "marts.dim_area", "area_code", "An area is not known: add it to the seeds of areas."),
        in_set(
            "period_type",
            ("month", "quarter", "fin_year", "cal_year", "rolling_12m", "snapshot"),
            "A period type is not known: correct the measure model.",
        ),
        in_set("status", _STATUSES, "A status is not known: correct the measure model."),
        in_set(
            "source_kind",
            ("computed", "returned", "published", "modelled", "synthetic"),
            "A kind of source is not known: correct the measure model.",
        ),
        holds(
            "value_or_reason",
            "(value IS NULL) = (status NOT IN ('final', 'provisional'))",
            (*_SHOWN, "value", "status"),
            "A value is missing without a reason, or has a reason to be missing: correct status in the measure model.",
        ),
        holds(
            "value_is_quotient",
            "value IS NULL OR numerator IS NULL OR denominator IS NULL OR (denominator <> 0 "
            "AND abs(numerator / denominator * multiplier - value) <= 1e-9 * greatest(abs(value), 1e-12))",
            (*_SHOWN, "numerator", "denominator", "multiplier", "value"),
            "A value is not numerator / denominator * multiplier: correct the measure model.",
        ),
        holds(
            "value_is_finite",
            "isfinite(coalesce(value, 0)) AND isfinite(coalesce(ci_low, 0)) AND isfinite(coalesce(ci_high, 0))",
            (*_SHOWN, "value", "ci_low", "ci_high"),
            "A value or limit is infinite or not a number: guard the division in the measure model.",
        ),
        holds(
            "limits_enclose_value",
            # Limits at 0 and 100 % can miss by the last bit of a floating-point number.
            "(ci_low IS NULL) = (ci_high IS NULL) AND (value IS NOT NULL OR ci_low IS NULL) "
            "AND coalesce(greatest(ci_low - value, value - ci_high) <= 1e-9 * (1 + abs(value)), true)",
            (*_SHOWN, "ci_low", "value", "ci_high"),
            "A value lies outside its own interval: correct the interval in the measure model.",
        ),
        holds(
            "limits_name_their_method",
            "(ci_low IS NULL) = (ci_method IS NULL)",
            (*_SHOWN, "ci_low", "ci_method"),
            "An interval does not say how it was made: set ci_method in the measure model.",
        ),
        holds(
            "counts_not_negative",
            # Earlier records that turned out to be other offences can leave a small group below zero.
            f"(least(coalesce(numerator, 0), coalesce(n_unknown, 0)) >= 0 OR source_id IN ({_CORRECTED})) "
            "AND coalesce(denominator, 0) >= 0",
            (*_SHOWN, "numerator", "denominator", "n_unknown"),
            "A count of records or people is negative: correct the measure model.",
        ),
        holds(
            "percentages_within_100",
            # Of outcomes there can be more in a period than crimes are recorded in it.
            "multiplier <> 100 OR value IS NULL OR value BETWEEN 0 AND 100 OR (value > 100 AND method_id LIKE 'in_period%')",
            (*_SHOWN, "numerator", "denominator", "value"),
            "A share is below 0 or above 100 %, so it is no share: correct the numerator in the measure model.",
        ),
        holds(
            "breakdown_whole",
            "(breakdown_type IS NULL) = (breakdown_value IS NULL)",
            (*_SHOWN, "breakdown_type", "breakdown_value"),
            "A breakdown has a type without a value or the reverse: correct the measure model.",
        ),
        holds(
            "period_in_order",
            "period_start <= period_end",
            (*_SHOWN, "period_end"),
            "A period ends before it begins: correct the measure model.",
        ),
        no_rows(
            "missing_is_not_zero",
            """
            SELECT area_code, source_id, period_start, period_end, months_supplied
            FROM (
                SELECT asked.area_code, asked.source_id, asked.period_start, asked.period_end,
                    count(*) FILTER (WHERE supply.status = 'supplied' OR uncollected.month IS NOT NULL) AS months_supplied
                FROM (
                    SELECT DISTINCT area_code, source_id, period_start, period_end FROM {batch}
                    WHERE value IS NOT NULL AND period_type <> 'snapshot'
                        AND source_id IN (SELECT source FROM marts.source_month)
                ) AS asked
                JOIN marts.dim_area AS area ON area.area_code = asked.area_code
                LEFT JOIN marts.source_month AS supply
                    ON supply.source = asked.source_id AND supply.force = area.force
                    AND supply.month BETWEEN asked.period_start AND asked.period_end
                LEFT JOIN reference.uncollected_month AS uncollected
                    ON supply.source = uncollected.source AND supply.force = uncollected.force
                    AND supply.month = uncollected.month
                GROUP BY asked.area_code, asked.source_id, asked.period_start, asked.period_end
            ) AS covered
            WHERE months_supplied <> date_diff('month', period_start, period_end) + 1
            """,
            "A period has a value although a month of it was not supplied, which counts the month as zero: correct "
            "status in the measure model.",
        ),
        no_rows(
            "street_crime_types_add_up",
            _parts_add_up("street_crime_count", "crime_type", _IS_CRIME),
            "The crime types do not add up to the total: correct model msr_street_crime.",
        ),
        no_rows(
            "offence_groups_add_up",
            """
            SELECT area_code, period_type, period_start, total, sum_of_parts
            FROM (
                SELECT area_code, period_type, period_start,
                    max(value) FILTER (WHERE offence_group = 'total') AS total,
                    sum(value) FILTER (WHERE is_main) AS sum_of_parts
                FROM {batch} JOIN reference.offence_group_measure ON measure_id = count_measure_id
                WHERE method_id = 'home_office_recorded_crime'
                GROUP BY area_code, period_type, period_start
            ) AS compared
            WHERE total <> sum_of_parts
            """,
            "The main groups of offences do not add up to all recorded crime: an offence code is in none of them, or in "
            "two (seed offence_group.csv).",
            "warning",
        ),
        no_rows(
            "case_types_add_up",
            _parts_add_up("complaint_case_count", "case_type"),
            "The types of cases do not add up to the total: correct model msr_complaints.",
        ),
        no_rows(
            "complaint_routes_add_up",
            _parts_add_up("complaints_count", "route"),
            "The routes of complaints do not add up to the total: correct model msr_complaints.",
        ),
        no_rows(
            "search_types_add_up",
            _parts_add_up("stop_search_count", "search_type"),
            "The types of search do not add up to the total: correct model msr_stop_search.",
        ),
        no_rows(
            "ksi_road_classes_add_up",
            """
            SELECT area_code, period_start, total, sum_of_parts
            FROM (
                SELECT area_code, period_start,
                    max(value) FILTER (WHERE breakdown_type IS NULL) AS total,
                    sum(value) FILTER (WHERE breakdown_type = 'road_class' AND breakdown_value <> 'motorway_and_a_m')
                        + max(n_unknown) FILTER (WHERE breakdown_type = 'road_class') AS sum_of_parts
                FROM {batch}
                WHERE measure_id = 'ksi_casualties' AND method_id = 'ksi_reported'
                GROUP BY area_code, period_start
            ) AS compared
            WHERE total <> sum_of_parts
            """,
            "The road classes and the casualties of unknown road do not add up to the total: correct model "
            "msr_road_casualties.",
        ),
        kind_follows_sample(
            "extract_ids", "list_has_any(extract_ids, (SELECT list(extract_id) FROM ops.extract WHERE is_sample))"
        ),
        extracts_current("SELECT DISTINCT unnest(extract_ids) FROM {batch}"),
        holds(
            "value_has_extract",
            "value IS NULL OR source_kind NOT IN ('computed', 'synthetic') OR len(extract_ids) > 0",
            _SHOWN,
            "A computed value names no extract, so it cannot be traced to a file: correct the measure model.",
        ),
        no_rows(
            "multiplier_fits_unit",
            """
            SELECT measure_id, unit, multiplier, count(*) AS row_count
            FROM {batch} JOIN (SELECT measure_id, unit FROM marts.dim_measure) AS measure USING (measure_id)
            WHERE multiplier <> CASE
                WHEN unit = 'percent' THEN 100
                WHEN unit LIKE 'per 1,000,000 %' THEN 1000000
                WHEN unit LIKE 'per 100,000 %' THEN 100000
                WHEN unit LIKE 'per 10,000 %' THEN 10000
                WHEN unit LIKE 'per 1,000 %' THEN 1000
                ELSE 1
            END
            GROUP BY measure_id, unit, multiplier
            """,
            "A value is so many times its quotient and its unit says otherwise: correct the measure model or seed measure.csv.",
        ),
        holds(
            "period_fits_type",
            "day(period_start) = 1 AND period_end = last_day(period_start + CASE period_type WHEN 'month' THEN INTERVAL 0 MONTH "
            "WHEN 'quarter' THEN INTERVAL 2 MONTH ELSE INTERVAL 11 MONTH END) "
            "AND CASE period_type WHEN 'quarter' THEN month(period_start) % 3 = 1 WHEN 'fin_year' THEN month(period_start) = 4 "
            "WHEN 'cal_year' THEN month(period_start) = 1 ELSE true END "
            "OR (period_type = 'snapshot' AND period_start = period_end)",
            (*_SHOWN, "period_end"),
            "A period is not the whole month, quarter or year that its type says: correct the measure model.",
        ),
        no_rows(
            "denominator_is_population",
            """
            SELECT measure_id, area_code, period_type, period_start, denominator_id, denominator
            FROM (
                SELECT * FROM {batch}
                WHERE value IS NOT NULL AND denominator_id IN (SELECT denominator_id FROM intermediate.int_population)
                    AND area_code IN (SELECT area_code FROM intermediate.int_population)
            ) AS found
            ANTI JOIN intermediate.int_population AS residents
                ON residents.area_code = found.area_code AND residents.denominator_id = found.denominator_id
                AND residents.population = found.denominator
                AND residents.year BETWEEN year(found.period_start) - 1 AND year(found.period_end)
            """,
            "A rate is not for the residents of its area and year: correct the join to int_population in the measure model.",
        ),
        no_rows(
            "part_within_total",
            """
            SELECT part.measure_id, part.area_code, part.period_type, part.period_start, part.breakdown_value, part.value,
                total.value AS total
            FROM (
                SELECT * FROM {batch}
                WHERE breakdown_type IS NOT NULL AND measure_id IN (SELECT measure_id FROM marts.dim_measure WHERE unit = 'count')
            ) AS part
            JOIN (SELECT * FROM {batch} WHERE breakdown_type IS NULL) AS total
                USING (measure_id, area_code, period_type, period_start, method_id)
            WHERE part.value > total.value
                AND part.breakdown_value NOT IN (SELECT crime_type FROM reference.street_crime_type WHERE NOT is_crime)
            """,
            "A part is larger than the total it is a part of: correct the breakdown in the measure model.",
        ),
    ),
)
