"""What the real extracts must give. Figures are those counted in the published files."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from tests.cookbook import SLOWEST_SECONDS, Recipe, answer, median_seconds, recipes

pytestmark = pytest.mark.xdist_group("realdata")

WEST_MIDLANDS = "E23000014"
MERSEYSIDE = "E23000004"


def rows(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[tuple[object, ...]]:
    return connection.execute(query, list(values)).fetchall()


def records(folder: Path) -> Counter[tuple[str, str]]:
    """(month, force) -> records of every stop-and-search file, counted by Python's own CSV reader."""
    found: Counter[tuple[str, str]] = Counter()
    with zipfile.ZipFile(folder / "stop-and-search-all-forces-2019-01-to-2020-03.zip") as archive:
        for name in archive.namelist():
            stem = name.rsplit("/", 1)[1].removesuffix("-stop-and-search.csv")
            with archive.open(name) as file:
                found[stem[:7], stem[8:]] = sum(1 for _ in csv.reader(io.TextIOWrapper(file, "utf-8"))) - 1
    return found


def test_all_forces_load_without_losing_a_row(build: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    expected = records(shared_data / "police_uk")
    loaded = {
        (month, force): count
        for month, force, count in rows(
            build,
            "SELECT strftime(period_start, '%Y-%m'), force, count(*) FROM raw.police_uk_stop_search "
            "WHERE period_start BETWEEN '2019-01-01' AND '2020-03-01' GROUP BY ALL",
        )
    }
    assert len(expected) == 637
    assert sum(expected.values()) == 390_662
    assert loaded == {key: count for key, count in expected.items() if count}
    assert rows(
        build,
        "SELECT sum(rows_quarantined), count(*) FILTER (status = 'refused') FROM ops.extract "
        "WHERE source LIKE 'police_uk_%'",
    ) == [(0, 0)]
    assert rows(build, "SELECT count(*) FROM ops.extract WHERE rows_read <> rows_loaded + rows_quarantined") == [(0,)]


def test_every_raw_row_knows_its_line(build: duckdb.DuckDBPyConnection, shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "police_uk" / "street-2014-01-wm-and-peers.zip") as archive:
        name = next(name for name in archive.namelist() if "leicestershire" in name)
        published = list(csv.reader(io.TextIOWrapper(archive.open(name), "utf-8")))
    loaded = rows(
        build,
        "SELECT line, coalesce(crime_id, ''), crime_type, coalesce(location, '') FROM raw.police_uk_street "
        "WHERE force = 'leicestershire' ORDER BY line",
    )
    assert loaded == [(number, row[0], row[9], row[6]) for number, row in enumerate(published[1:], start=2)]


def test_west_midlands_searches_2019_20(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        published,
        "SELECT value, source_kind FROM marts.measure_value WHERE measure_id = 'stop_search_count' AND area_code = ? "
        "AND period_type = 'fin_year' AND period_start = '2019-04-01' AND breakdown_type IS NULL",
        WEST_MIDLANDS,
    ) == [(24_631, "computed")]


def test_west_midlands_search_ratios_on_census_2011(published: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        published,
        "SELECT breakdown_value, round(value, 2), ci_low < value AND value < ci_high, n_unknown FROM marts.measure_value "
        "WHERE measure_id = 'stop_search_disproportionality' AND area_code = ? AND period_type = 'fin_year' "
        "AND period_start = '2019-04-01' AND breakdown_type = 'self_defined_ethnicity' "
        "AND denominator_id = 'census_2011' AND method_id = 'rate_ratio_known_only' "
        "AND breakdown_value IN ('Black', 'Asian') ORDER BY 1",
        WEST_MIDLANDS,
    )
    assert [row[:3] for row in found] == [("Asian", 2.58, True), ("Black", 4.48, True)]
    # 1,087 "Not stated" and 1,621 empty, less the 1,588 searches of vehicles only.
    assert {row[3] for row in found} == {1_120}


def test_published_ratios_of_2019_20_reproduce(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        published,
        "SELECT breakdown_value, as_printed, round(computed_value, 2), verdict FROM marts.reconciliation "
        "WHERE measure_id = 'stop_search_disproportionality' AND period_start = '2019-04-01' ORDER BY 1",
    ) == [("Asian", "2.6", 2.58, "reproduces"), ("Black", "4.5", 4.48, "reproduces")]


def test_every_published_figure_has_a_verdict(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        published,
        "SELECT count(*), count(DISTINCT figure_id), count(*) FILTER (verdict = 'not_computed' AND reason IS NULL), "
        "count(*) FILTER (verdict IS NULL) FROM marts.reconciliation",
    ) == [(968, 968, 0, 0)]


def test_city_of_london_three_types_load_and_join(build: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        build,
        "SELECT source, count(*) FROM ops.extract WHERE force = 'city-of-london' AND status = 'loaded' "
        "AND period_start >= '2022-03-01' GROUP BY ALL ORDER BY ALL",
    ) == [("police_uk_outcomes", 24), ("police_uk_stop_search", 24), ("police_uk_street", 24)]
    outcomes, joined = rows(
        build,
        "SELECT count(*), count(*) FILTER (EXISTS (FROM staging.stg_police_uk_street AS s WHERE s.crime_id = o.crime_id "
        "AND s.force = 'city-of-london')) FROM staging.stg_police_uk_outcomes AS o WHERE o.period_start >= '2022-09-01'",
    )[0]
    # The window cuts off crimes before March 2022, so some outcomes of the later months have no crime either.
    assert joined > 0.9 * outcomes


def records_of(folder: Path, kind: str) -> list[dict[str, str]]:
    """Records of the City of London's files of one kind, read by Python's own CSV reader."""
    found = []
    with zipfile.ZipFile(folder / "city-of-london-all-types-2022-03-to-2024-02.zip") as archive:
        for name in archive.namelist():
            if name.endswith(f"-{kind}.csv"):
                found += list(csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8")))
    return found


def month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7])


POSITIVE = {
    "Suspect charged", "Suspect charged as part of another case", "Offender given a caution", "Local resolution",
    "Offender given a drugs possession warning", "Offender given penalty notice",
}  # fmt: skip


@pytest.mark.parametrize("months", [3, 6])
def test_outcomes_at_equal_age_are_those_of_the_records(
    published: duckdb.DuckDBPyConnection, shared_data: Path, months: int
) -> None:
    outcomes: dict[str, list[tuple[int, bool]]] = {}
    for record in records_of(shared_data / "police_uk", "outcomes"):
        event = (month_number(record["Month"]), record["Outcome type"] in POSITIVE)
        outcomes.setdefault(record["Crime ID"], []).append(event)
    crimes = positive = without = 0
    for record in records_of(shared_data / "police_uk", "street"):
        if record["Crime ID"] and "2022-04" <= record["Month"] <= "2023-03":
            crimes += 1
            known = [
                event
                for event in outcomes.get(record["Crime ID"], [])
                if event[0] <= month_number(record["Month"]) + months
            ]
            positive += bool(known) and max(known)[1]
            without += not known
    query = (
        "SELECT numerator, denominator, n_unknown, status, source_kind FROM marts.measure_value "
        "WHERE measure_id = 'positive_outcome_rate' AND area_code = 'E23000034' AND period_type = 'fin_year' "
        "AND breakdown_type IS NULL AND period_start = ? AND method_id = ?"
    )
    method = f"cohort_{months}m"
    assert rows(published, query, "2022-04-01", method) == [(positive, crimes, without, "final", "computed")]
    # The crimes of March 2024 are not there at all, and those before it are too young.
    assert rows(published, query, "2023-04-01", method) == [(None, None, None, "partial", "computed")]


def test_without_outcome_files_the_street_file_tells_what_it_last_knew(
    build: duckdb.DuckDBPyConnection, published: duckdb.DuckDBPyConnection
) -> None:
    ((charged, crimes),) = rows(
        build,
        "SELECT count(*) FILTER (regexp_matches(last_outcome_category, "
        "'^(Suspect charged|Awaiting court|Court |Defendant|Offender|Local resolution)')), count(*) "
        "FROM raw.police_uk_street WHERE force = 'merseyside' AND crime_type <> 'Anti-social behaviour' "
        "AND crime_id IS NOT NULL AND period_start BETWEEN '2018-04-01' AND '2019-03-01'",
    )
    assert rows(
        published,
        "SELECT method_id, numerator, denominator, status FROM marts.measure_value WHERE area_code = ? "
        "AND measure_id = 'positive_outcome_rate' AND period_type = 'fin_year' AND period_start = '2018-04-01' "
        "AND breakdown_type IS NULL",
        MERSEYSIDE,
    ) == [("as_last_known", charged, crimes, "provisional")]


def test_files_in_which_records_stand_twice_are_named(published: duckdb.DuckDBPyConnection) -> None:
    """Found, not planted: docs/checks.md tells of them."""
    counts = dict(
        published.execute(
            "SELECT table_name, unexpected_count FROM ops.check_result WHERE check_name = 'rows_not_repeated'"
        ).fetchall()
    )
    assert counts == {"raw.police_uk_stop_search": 7, "raw.police_uk_street": 0, "raw.police_uk_outcomes": 0}


def test_two_releases_give_one_current_month_and_their_changes(build: duckdb.DuckDBPyConnection) -> None:
    extracts = rows(
        build,
        "SELECT status, sequence, rows_matched, rows_read, supersedes IS NOT NULL FROM ops.extract "
        "WHERE force = 'avon-and-somerset' AND source = 'police_uk_street' AND period_start = '2021-08-01' ORDER BY sequence",
    )
    assert extracts == [("superseded", 1, None, 14_786, False), ("loaded", 2, 12_082, 14_786, True)]
    assert rows(
        build,
        "SELECT values_changed, rows_matched FROM ops.extract_change WHERE column_name = 'last_outcome_category'",
    ) == [(7_547, 12_082)]
    assert rows(
        build, "SELECT count(*), count(DISTINCT extract_id) FROM raw.police_uk_street WHERE force = 'avon-and-somerset'"
    ) == [(14_786, 1)]


def test_a_missing_month_is_not_supplied_and_never_zero(published: duckdb.DuckDBPyConnection) -> None:
    monthly = rows(
        published,
        "SELECT strftime(period_start, '%Y-%m'), value, numerator, status FROM marts.measure_value "
        "WHERE measure_id = 'street_crime_count' AND area_code = ? AND period_type = 'month' AND breakdown_type IS NULL "
        "AND period_start BETWEEN '2019-06-01' AND '2019-08-01' ORDER BY 1",
        MERSEYSIDE,
    )
    assert [row[0] for row in monthly] == ["2019-06", "2019-07", "2019-08"]
    assert monthly[1][1:] == (None, None, "not_supplied")
    assert all(row[1] > 10_000 for row in (monthly[0], monthly[2]))
    assert rows(
        published,
        "SELECT status FROM marts.source_month WHERE source = 'police_uk_street' AND force = 'merseyside' "
        "AND month = '2019-07-01'",
    ) == [("not_supplied",)]


def test_rolling_windows_over_the_gap_say_so(published: duckdb.DuckDBPyConnection) -> None:
    windows = dict(
        rows(
            published,
            "SELECT strftime(period_end, '%Y-%m'), status || CASE WHEN value IS NULL THEN ' without value' ELSE '' END "
            "FROM marts.measure_value WHERE measure_id = 'street_crime_rate' AND area_code = ? "
            "AND period_type = 'rolling_12m' AND breakdown_type IS NULL AND period_end BETWEEN '2018-12-01' AND '2020-12-31'",
            MERSEYSIDE,
        )
    )
    over_the_gap = {end for end, status in windows.items() if status == "not_supplied without value"}
    assert over_the_gap == {f"2019-{month:02}" for month in range(7, 13)} | {
        f"2020-{month:02}" for month in range(1, 7)
    }
    assert windows["2019-06"] == "final"
    assert windows["2020-07"] in ("final", "provisional")


def test_every_place_name_in_england_and_wales_resolves_to_an_authority(published: duckdb.DuckDBPyConnection) -> None:
    # The 171 records of British Transport Police have coordinates in Scotland and no LSOA.
    assert rows(
        published,
        "SELECT force, sum(crime_count) FROM marts.fct_street_crime_month "
        "WHERE location_status = 'unknown_authority' GROUP BY ALL",
    ) == [("btp", 171)]


def test_facts_hold_every_raw_row(build: duckdb.DuckDBPyConnection) -> None:
    assert rows(
        build,
        "SELECT (SELECT sum(crime_count) FROM marts.fct_street_crime_month) = (SELECT count(*) FROM raw.police_uk_street), "
        "(SELECT count(*) FROM marts.fct_stop_search) = (SELECT count(*) FROM raw.police_uk_stop_search)",
    ) == [(True, True)]


def test_search_rate_stands_in_a_funnel_of_all_forces(published: duckdb.DuckDBPyConnection) -> None:
    supplied = rows(
        published,
        "SELECT value, numerator, denominator FROM marts.measure_value JOIN marts.dim_force USING (area_code) "
        "WHERE measure_id = 'stop_search_rate' AND period_type = 'fin_year' AND period_start = '2019-04-01' "
        "AND breakdown_type IS NULL AND value IS NOT NULL AND force_kind = 'territorial' AND force <> 'city-of-london' "
        "AND source_id = 'police_uk_stop_search'",
    )
    [(position, count, basis, phi, centre, z, members, missing)] = rows(
        published,
        "SELECT funnel_position, all_force_count, phi_basis, phi, funnel_centre, funnel_z, member_count, members_missing "
        "FROM marts.peer_comparison WHERE measure_id = 'stop_search_rate' AND period_type = 'fin_year' "
        "AND method_id LIKE 'stop_search_per_1000_residents%'",
    )
    assert (count, basis) == (len(supplied), "all_forces")
    assert count > 35
    expected_centre = sum(value for value, _, _ in supplied) / count
    deviations = sorted(
        2 * (searches**0.5 - (people * expected_centre / 1000) ** 0.5) for _, searches, people in supplied
    )
    cut = count // 10
    kept = [min(max(deviation, deviations[cut]), deviations[-cut - 1]) for deviation in deviations]
    assert centre == pytest.approx(expected_centre)
    assert phi == pytest.approx(sum(deviation**2 for deviation in kept) / count)
    # 24,631 searches of 2,928,592 residents
    own_z = 2 * (24_631**0.5 - (2_928_592 * expected_centre / 1000) ** 0.5)
    assert z == pytest.approx(own_z)
    assert position == "above_95"
    assert 1.96 < own_z / phi**0.5 < 3.09
    # Greater Manchester stopped supplying in the summer of 2019 and is named, not counted as zero
    assert (members, missing) == (3, "Greater Manchester")


def test_nothing_real_is_called_synthetic(published: duckdb.DuckDBPyConnection) -> None:
    assert rows(published, "SELECT DISTINCT source_kind FROM marts.measure_value ORDER BY 1") == [
        ("computed",),
        ("published",),
    ]
    assert rows(published, "SELECT is_sample FROM ops.release") == [(False,)]


@pytest.mark.parametrize("recipe", [pytest.param(recipe, id=recipe.name) for recipe in recipes()])
def test_the_cookbook_answers_at_once(published: duckdb.DuckDBPyConnection, recipe: Recipe) -> None:
    found = answer(published, recipe)
    assert median_seconds(published, recipe) < SLOWEST_SECONDS
    # A board question says at least what it waits for, and nothing here is made up.
    if recipe.path.parent.name == "board":
        assert found
        assert "synthetic" not in {row["source_kind"] for row in found}
        # What is not held has no finding either.
        for row in found:
            assert row["source_kind"] or not (row.get("answer") or row.get("finding"))
