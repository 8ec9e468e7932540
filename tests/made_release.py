"""Releases made by hand, as small as a question about disclosure control needs them, and what leaves of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import duckdb

from pipelines.disclosure.export import hide
from pipelines.disclosure.tables import public_tables
from pipelines.store.releases import open_release
from pipelines.store.warehouse import insert_rows

FORCE, AUTHORITIES = "E23000099", ("E08000091", "E08000092", "E08000093")
UNITS = {
    "complaints_count": "count",
    "complaints_per_1000_workforce": "per 1,000 workforce",
    "custody_visits": "percent",
    "hidden_crime_fgm": "count",
    "victim_satisfaction_overall": "percent",
    "total_recorded_crime_count": "count",
    "new_measure": "count",
}


@dataclass(frozen=True)
class Told:
    """A row of the standard shape: a measure's numerator and denominator in an area and period."""

    measure: str
    numerator: float
    denominator: float | None = None
    period: tuple[str, date, date] = ("fin_year", date(2020, 4, 1), date(2021, 3, 31))
    breakdown: tuple[str | None, str | None] = (None, None)
    area: str = FORCE

    @property
    def series(self) -> str:
        """Its series, as the macro `series_id` writes it."""
        kind, value = self.breakdown
        return f"{self.measure}|{self.area}|{self.period[0]}|m|-|{kind or '-'}|{value or '-'}"


def quarters(year: int = 2020) -> list[tuple[str, date, date]]:
    """The four quarters of a calendar year."""
    starts = [date(year, month, 1) for month in (1, 4, 7, 10)] + [date(year + 1, 1, 1)]
    return [("quarter", start, end - timedelta(days=1)) for start, end in pairwise(starts)]


def calendar_year(year: int = 2020) -> tuple[str, date, date]:
    """A calendar year."""
    return "cal_year", date(year, 1, 1), date(year, 12, 31)


def make_release(folder: Path, name: str, told: Iterable[Told], earlier: Path | None = None) -> Path:
    """Write a release of this name (20200101T000000Z) into `folder`; it remembers what `earlier` knew."""
    moment = f"{name[:4]}-{name[4:6]}-{name[6:8]} {name[9:11]}:{name[11:13]}:{name[13:15]}"
    marts = folder / name / "marts"
    marts.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            """
            CREATE TABLE now (series_id VARCHAR, measure_id VARCHAR, area_code VARCHAR, period_type VARCHAR,
                period_start DATE, period_end DATE, breakdown_type VARCHAR, breakdown_value VARCHAR, numerator DOUBLE,
                denominator DOUBLE, value DOUBLE)
            """
        )
        insert_rows(connection, "now", [_row(one) for one in told])
        told_now = """
            SELECT *, 'm' AS method_id, CAST(NULL AS VARCHAR) AS denominator_id, CAST(NULL AS DOUBLE) AS ci_low,
                CAST(NULL AS DOUBLE) AS ci_high, 'final' AS status, 'computed' AS source_kind FROM now
        """
        before = f"SELECT * FROM read_parquet('{earlier / 'marts' / 'value_history.parquet'}')" if earlier else None
        same = "series_id, period_start, numerator, denominator"
        history = (
            f"SELECT *, TIMESTAMP '{moment}' AS known_from, CAST(NULL AS TIMESTAMP) AS known_until FROM ({told_now})"
        )
        if before:
            history = f"""
                WITH before AS ({before}), standing AS (SELECT * FROM before WHERE known_until IS NULL)
                SELECT * FROM before WHERE known_until IS NOT NULL
                UNION ALL BY NAME SELECT * FROM standing SEMI JOIN now USING ({same})
                UNION ALL BY NAME
                SELECT * REPLACE (TIMESTAMP '{moment}' AS known_until) FROM standing ANTI JOIN now USING ({same})
                UNION ALL BY NAME SELECT * FROM ({history}) ANTI JOIN standing USING ({same})
            """
        areas = [(FORCE, "force", "K04000001"), *((one, "local_authority", FORCE) for one in AUTHORITIES)]
        values = ", ".join(map(str, areas))
        connection.execute(
            f"CREATE TABLE areas AS FROM (VALUES {values}) AS t (area_code, area_type, parent_area_code)"
        )
        values = ", ".join(map(str, UNITS.items()))
        connection.execute(f"CREATE TABLE measures AS FROM (VALUES {values}) AS t (measure_id, unit)")
        for table, query in {
            "value_history": history,
            "measure_value": f"SELECT *, CAST(NULL AS BIGINT) AS n_unknown FROM ({told_now})",
            "dim_area": "FROM areas",
            "dim_measure": "FROM measures",
        }.items():
            connection.execute(f"COPY ({query}) TO '{marts / table}.parquet' (FORMAT parquet)")
    (folder / name / "manifest.json").write_text(
        json.dumps({"release_id": name, "home_force": "made", "is_sample": False, "tables": {}})
    )
    return folder / name


def _row(one: Told) -> dict[str, object]:
    share = one.numerator if one.denominator is None else 100 * one.numerator / one.denominator
    names = ("period_type", "period_start", "period_end", "breakdown_type", "breakdown_value")
    return {
        "series_id": one.series,
        "measure_id": one.measure,
        "area_code": one.area,
        **dict(zip(names, (*one.period, *one.breakdown), strict=True)),
        "numerator": one.numerator,
        "denominator": one.denominator,
        "value": share,
    }


def export(
    release: Path, folder: Path, earlier: Iterable[Path] = (), newest: Path | None = None, *, secondary: bool = True
) -> Path:
    """What leaves of a release, as Parquet below `folder`, without the checks of the gate."""
    target = folder / release.name
    (target / "marts").mkdir(parents=True)
    with open_release(release) as connection:
        hide(connection, newest or release, list(earlier), release.name, secondary=secondary)
        for table, query in public_tables(connection).items():
            if table.startswith("marts."):
                file = target / "marts" / f"{table.removeprefix('marts.')}.parquet"
                connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
    return target


def shown(exported: Path, measure: str = "%") -> dict[tuple[object, ...], float | None]:
    """Value by area, first day, kind of period and breakdown; None: suppressed."""
    with duckdb.connect() as connection:
        return {
            row[:-1]: row[-1]
            for row in connection.execute(
                "SELECT area_code, period_start, period_type, breakdown_value, value FROM read_parquet(?) "
                "WHERE measure_id LIKE ?",
                [str(exported / "marts" / "measure_value.parquet"), measure],
            ).fetchall()
        }


def split(measure: str, kind: str, counts: dict[str, float], **about: object) -> Iterator[Told]:
    """A total and its breakdown."""
    yield Told(measure, sum(counts.values()), **about)  # type: ignore[arg-type]
    for value, number in counts.items():
        yield Told(measure, number, breakdown=(kind, value), **about)  # type: ignore[arg-type]
