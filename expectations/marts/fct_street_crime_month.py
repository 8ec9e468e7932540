"""Street crime by force, month, local authority, location status and category."""

from pipelines.checks.shared import between, extracts_current, kind_follows_sample, known, refers, unique
from pipelines.checks.suite import Suite, in_set, no_rows, not_null

SUITE = Suite(
    table="marts.fct_street_crime_month",
    description="Every street crime record is counted once, in its month, area and category.",
    expectations=(
        unique(
            "key_unique",
            ("force", "month", "lad_code", "location_status", "crime_type"),
            "A count stands twice and would be added up twice: correct model fct_street_crime_month.",
        ),
        not_null("crime_count", "A count is missing; missing is never zero: correct model fct_street_crime_month."),
        between("crime_count", 1, None, "A count is below one: correct model fct_street_crime_month."),
        no_rows(
            "records_all_counted",
            """
            SELECT extract_id, rows_loaded, crimes
            FROM (SELECT extract_id, rows_loaded FROM ops.extract AS register
                WHERE source = 'police_uk_street' AND status = 'loaded') AS registered
            FULL JOIN (SELECT extract_id, sum(crime_count) AS crimes FROM {batch} GROUP BY extract_id) AS counted
                USING (extract_id)
            WHERE rows_loaded IS DISTINCT FROM coalesce(crimes, 0)
            """,
            "The counts of an extract do not add up to its records: correct model int_street_crime_month.",
        ),
        refers("area_code", "marts.dim_area", "area_code", "An area is not known: add it to the seeds of areas."),
        refers("lad_code", "marts.dim_area", "area_code", "An authority is not known: add it to the seeds of areas."),
        refers("month", "marts.dim_month", "month", "A month is outside the calendar: widen it in dbt_project.yml."),
        known("crime_type", "reference/street_crime_type", "crime_type"),
        in_set(
            "location_status",
            ("in_force", "outside_force", "no_location", "unknown_authority"),
            "A location status is not known: correct model int_street_crime_month.",
        ),
        kind_follows_sample("extract_id", "extract_id IN (SELECT extract_id FROM ops.extract WHERE is_sample)"),
        extracts_current("SELECT DISTINCT extract_id FROM {batch}"),
        no_rows(
            "authority_found",
            """
            SELECT force, sum(crime_count) AS crimes,
                sum(crime_count) FILTER (WHERE location_status = 'unknown_authority') AS without_authority
            FROM {batch}
            WHERE force IN (SELECT force FROM marts.dim_force WHERE force_kind = 'territorial')
            GROUP BY force
            HAVING without_authority > 0.01 * crimes
            """,
            "More than 1 % of a force's crimes lie in an authority that is not known: complete seed "
            "reference/local_authority_alias.csv.",
            "warning",
        ),
        no_rows(
            "file_is_of_its_force",
            """
            SELECT file_name, counts.force, located, outside
            FROM (
                SELECT extract_id, force, sum(crime_count) AS located,
                    sum(crime_count) FILTER (WHERE location_status = 'outside_force') AS outside
                FROM {batch}
                WHERE location_status IN ('in_force', 'outside_force')
                    AND force IN (SELECT force FROM marts.dim_force WHERE force_kind = 'territorial')
                GROUP BY extract_id, force
            ) AS counts
            LEFT JOIN ops.extract AS register USING (extract_id)
            WHERE located >= 20 AND outside > 0.5 * located
            """,
            "Most crimes of a file lie in another force than the file is named for: take it out of the raw directory and "
            "run `fpw withdraw` with its extract_id, or correct the name.",
        ),
        no_rows(
            "crimes_lie_in_force",
            """
            SELECT force, sum(crime_count) AS crimes,
                sum(crime_count) FILTER (WHERE location_status = 'outside_force') AS outside
            FROM {batch}
            WHERE force IN (SELECT force FROM marts.dim_force WHERE force_kind = 'territorial')
            GROUP BY force
            HAVING outside > 0.1 * crimes
            """,
            "More than a tenth of a force's crimes lie in another force: a file may bear the wrong name, or the "
            "authorities the wrong force.",
            "warning",
        ),
    ),
)
