"""From raw files to raw tables: nothing is lost, nothing loaded twice, and what is refused says why."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from pipelines.ingest.load import LoadReport, load
from pipelines.ingest.register import RegisterReport, register
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse, WarehouseError
from tests.conftest import HEADERS, search_row, street_row, write_file, write_searches, write_street

CONTRACTS = load_contracts()


def ingest(
    settings: Settings, warehouse: Warehouse, run_id: str = "run"
) -> tuple[RegisterReport, dict[str, LoadReport]]:
    report = register(settings, warehouse, CONTRACTS, run_id)
    return report, {name: load(settings, warehouse, contract, run_id) for name, contract in CONTRACTS.items()}


def query(warehouse: Warehouse, sql: str) -> list[tuple[object, ...]]:
    with warehouse.connect() as connection:
        return connection.execute(sql).fetchall()


def refusal(settings: Settings, warehouse: Warehouse) -> str:
    """The one reason for which a file was refused, at whichever step."""
    ingest(settings, warehouse)
    (reason,) = [row[0] for row in query(warehouse, "SELECT reason FROM ops.extract WHERE status = 'refused'")]
    return str(reason)


def assert_adds_up(warehouse: Warehouse) -> None:
    wrong = query(
        warehouse,
        "SELECT file_name FROM ops.extract WHERE status IN ('loaded', 'superseded') AND rows_read <> rows_loaded + rows_quarantined",
    )
    assert wrong == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_carry_their_extract_and_line(settings: Settings, warehouse: Warehouse, end: str) -> None:
    write_street(settings.raw_dir / "2019-04", [street_row(n) for n in (1, 2, 2, 3)], end=end)
    ingest(settings, warehouse)
    rows = query(
        warehouse,
        "SELECT line, right(crime_id, 1), force, period_start::VARCHAR FROM raw.police_uk_street ORDER BY line",
    )
    assert rows == [(n, c, "west-midlands", "2019-04-01") for n, c in ((2, "1"), (3, "2"), (4, "2"), (5, "3"))]
    assert_adds_up(warehouse)


def test_untypable_rows_are_quarantined_with_their_place_and_the_rest_keep_their_lines(
    settings: Settings, warehouse: Warehouse
) -> None:
    rows = [street_row(n) for n in range(1, 9)]
    rows[1] = street_row(2, longitude="n/a")
    rows[2] = street_row(3, month="April 2019")
    rows[5] = rows[5] + ",one more"
    write_street(settings.raw_dir, rows)
    _, reports = ingest(settings, warehouse)
    assert query(warehouse, "SELECT line, column_name, value, reason FROM ops.quarantine ORDER BY line")[:2] == [
        (3, "longitude", "n/a", "is not a DOUBLE"),
        (4, "month", "April 2019", "is not a DATE of the form %Y-%m"),
    ]
    assert query(warehouse, "SELECT line, reason FROM ops.quarantine WHERE line = 7") == [(7, "has too many columns")]
    assert query(warehouse, "SELECT line, right(crime_id, 1)::INT FROM raw.police_uk_street ORDER BY line") == [
        (n + 1, n) for n in (1, 4, 5, 7, 8)
    ]
    report = reports["police_uk_street"]
    assert (report.rows_read, report.rows_loaded, report.rows_quarantined) == (8, 5, 3)
    assert_adds_up(warehouse)


def test_quoted_line_breaks_do_not_shift_the_quarantine(settings: Settings, warehouse: Warehouse) -> None:
    rows = [street_row(n) for n in range(1, 5)]
    rows[0] = rows[0].replace("On or near High Street", '"On or near\nHigh ""Street"""')
    rows[2] = street_row(3, longitude="x")
    write_street(settings.raw_dir, rows)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT value FROM ops.quarantine") == [("x",)]
    assert query(warehouse, "SELECT line, right(crime_id, 1) FROM raw.police_uk_street ORDER BY line") == [
        (2, "1"),
        (3, "2"),
        (5, "4"),
    ]


def test_the_same_content_is_loaded_once_wherever_it_lies(settings: Settings, warehouse: Warehouse) -> None:
    rows = [street_row(1), street_row(2)]
    write_street(settings.raw_dir / "a", rows)
    write_street(settings.raw_dir / "b", rows, end="\r\n")
    with zipfile.ZipFile(settings.raw_dir / "c.zip", "w") as archive:
        archive.write(
            settings.raw_dir / "a" / "2019-04-west-midlands-street.csv", "2019-04/2019-04-west-midlands-street.csv"
        )
    first, _ = ingest(settings, warehouse)
    again, reports = ingest(settings, warehouse)
    assert (first.new_extracts, again.new_extracts, again.files_read) == (1, 0, 0)
    assert reports["police_uk_street"].rows_read == 0
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(2,)]
    assert query(warehouse, "SELECT count(*), count(DISTINCT extract_id) FROM ops.raw_file") == [(3, 1)]


def test_a_new_release_replaces_the_old_rows_and_the_changes_are_counted(
    settings: Settings, warehouse: Warehouse
) -> None:
    anti_social = street_row(1, crime_type="Anti-social behaviour").split(",", 1)[1]
    old = [street_row(1), street_row(2), street_row(3), street_row(4), street_row(4), f",{anti_social}"]
    new = [
        street_row(1),
        street_row(2, outcome="Charged"),
        street_row(3, outcome="Charged", longitude="-2"),
        street_row(4),
        street_row(5),
    ]
    new += [f",{anti_social}"] * 2
    write_street(settings.raw_dir, old)
    ingest(settings, warehouse, "one")
    write_street(settings.raw_dir / "later", new)
    ingest(settings, warehouse, "two")
    assert query(warehouse, "SELECT status, sequence, rows_loaded, run_id FROM ops.extract ORDER BY sequence") == [
        ("superseded", 1, 6, "two"),
        ("loaded", 2, 7, "two"),
    ]
    # Crimes 1, 2, 3 are unique in both; 4 lost one of two equal rows, 5 and one incident are new.
    assert query(
        warehouse,
        "SELECT rows_matched, values_changed, rows_added, rows_removed, supersedes IS NOT NULL FROM ops.extract WHERE sequence = 2",
    ) == [(3, 3, 2, 1, True)]
    assert query(
        warehouse, "SELECT column_name, values_changed FROM ops.extract_change WHERE values_changed > 0 ORDER BY 1"
    ) == [
        ("last_outcome_category", 2),
        ("longitude", 1),
    ]
    assert query(warehouse, "SELECT count(*), count(DISTINCT extract_id) FROM raw.police_uk_street") == [(7, 1)]


def test_two_releases_found_together_leave_one_current_and_their_difference(
    settings: Settings, warehouse: Warehouse
) -> None:
    write_street(settings.raw_dir / "release-10", [street_row(1, outcome="Charged")])
    write_street(settings.raw_dir / "release-9", [street_row(1)])
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT last_outcome_category FROM raw.police_uk_street") == [("Charged",)]
    assert query(warehouse, "SELECT values_changed FROM ops.extract WHERE status = 'loaded'") == [(1,)]


def test_an_interrupted_run_is_taken_up_again(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(1)])
    register(settings, warehouse, CONTRACTS, "killed before loading")
    assert query(warehouse, "SELECT status, rows_loaded FROM ops.extract") == [("pending", 0)]
    ingest(settings, warehouse, "next")
    assert query(warehouse, "SELECT status, rows_loaded, sequence FROM ops.extract") == [("loaded", 1, 1)]


def test_header_only_files_count_as_supplied(settings: Settings, warehouse: Warehouse) -> None:
    write_searches(settings.raw_dir, [])
    write_searches(settings.raw_dir, [], name="2019-04-kent-stop-and-search.csv")
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT force, status, rows_loaded FROM ops.extract ORDER BY force") == [
        ("kent", "loaded", 0),
        ("west-midlands", "loaded", 0),
    ]


def test_a_copy_under_another_force_is_refused_and_accepted_when_the_wrong_one_goes(
    settings: Settings, warehouse: Warehouse
) -> None:
    wrong = write_searches(settings.raw_dir, [search_row()], name="2019-04-kent-stop-and-search.csv")
    ingest(settings, warehouse)
    write_searches(settings.raw_dir, [search_row()])
    report, _ = ingest(settings, warehouse)
    assert "same content as 2019-04-kent-stop-and-search.csv" in report.refused[0]
    wrong.unlink()
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT DISTINCT force FROM raw.police_uk_stop_search") == [("west-midlands",)]
    assert query(warehouse, "SELECT force, status FROM ops.extract ORDER BY force") == [
        ("kent", "withdrawn"),
        ("west-midlands", "loaded"),
    ]


def test_samples_leave_with_their_files_and_never_replace_real_extracts(
    settings: Settings, warehouse: Warehouse
) -> None:
    (settings.raw_dir / "sample").mkdir()
    (settings.raw_dir / "sample" / "SAMPLE.txt").write_text("synthetic")
    write_street(settings.raw_dir / "zz", [street_row(1)])
    write_street(settings.raw_dir / "sample", [street_row(2)])
    other = write_street(
        settings.raw_dir / "sample", [street_row(3, month="2019-05")], name="2019-05-west-midlands-street.csv"
    )
    ingest(settings, warehouse)
    assert query(
        warehouse, "SELECT is_sample, status FROM ops.extract WHERE period_start = '2019-04-01' ORDER BY 1"
    ) == [
        (False, "loaded"),
        (True, "superseded"),
    ]
    other.unlink()
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT DISTINCT month::VARCHAR FROM raw.police_uk_street") == [("2019-04-01",)]
    later = write_street(settings.raw_dir / "sample" / "more", [street_row(9)])
    ingest(settings, warehouse)
    assert later.exists()
    assert query(warehouse, "SELECT right(crime_id, 1) FROM raw.police_uk_street") == [("1",)]


def test_times_are_filed_by_the_clock_in_london(settings: Settings, warehouse: Warehouse) -> None:
    write_searches(settings.raw_dir, [search_row("2019-03-31T23:30:00+00:00"), search_row("2019-04-30T22:59:00+00:00")])
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_stop_search") == [(2,)]


def test_empty_booleans_are_not_false(settings: Settings, warehouse: Warehouse) -> None:
    write_searches(settings.raw_dir, [search_row(linked=value) for value in ("True", "False", "", "Maybe")])
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT is_outcome_linked FROM raw.police_uk_stop_search ORDER BY line") == [
        (True,),
        (False,),
        (None,),
    ]
    assert query(warehouse, "SELECT column_name, value FROM ops.quarantine") == [("is_outcome_linked", "Maybe")]


STREET = HEADERS["police_uk_street"]
REFUSED = {
    "wrong header": (
        [STREET.replace("Month", "Monat"), street_row()],
        "unknown column 'Monat' and lacks the column 'Month'",
    ),
    "unknown column": ([STREET + ",Beat", street_row() + ",7"], "unknown column 'Beat'"),
    "columns in another order": ([",".join(reversed(STREET.split(","))), street_row()], "another order"),
    "wrong month inside": (
        [STREET, street_row(1), street_row(2, month="2019-05")],
        "named for 2019-04, but 1 of its rows",
    ),
    "wrong force inside": ([STREET, street_row(label="Kent Police")], "holds rows of Kent Police"),
    "no force inside": ([STREET, street_row(label="")], "holds rows of no force"),
    "cut in the middle of a row": ([STREET, street_row(1), street_row(2)[:90]], "looks cut off"),
    "not UTF-8": ([STREET, street_row().replace("High", "Caf\udce9")], "not UTF-8 (line 2)"),
    "shifted columns": ([STREET, *[street_row(n).replace(",-1.9,", ",") for n in range(3)]], "unreadable rows of 3"),
    "empty": ([], "is empty"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_file_that_is_not_what_it_claims_is_refused_whole(
    settings: Settings, warehouse: Warehouse, fault: str
) -> None:
    lines, says = REFUSED[fault]
    path = settings.raw_dir / "2019-04-west-midlands-street.csv"
    content = "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
    path.write_bytes(content.removesuffix(b"\n") if fault.startswith("cut") else content)
    write_street(settings.raw_dir, [street_row(7, month="2019-05")], name="2019-05-west-midlands-street.csv")
    reason = refusal(settings, warehouse)
    assert reason.startswith("2019-04-west-midlands-street.csv ")
    assert says in reason
    assert reason.endswith(".")
    assert query(warehouse, "SELECT DISTINCT month::VARCHAR FROM raw.police_uk_street") == [("2019-05-01",)]


def test_files_of_no_source_are_refused_with_the_mend(settings: Settings, warehouse: Warehouse) -> None:
    write_file(settings.raw_dir / "street.csv", [STREET, street_row()])
    assert "its name does not tell force and month" in refusal(settings, warehouse)


def test_an_unknown_force_is_refused(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row()], name="2019-04-west-mercia-and-more-street.csv")
    assert "names the force 'west-mercia-and-more'" in refusal(settings, warehouse)


def test_a_damaged_archive_is_refused_and_read_again_when_replaced(settings: Settings, warehouse: Warehouse) -> None:
    source = write_street(settings.raw_dir / "x", [street_row(n) for n in range(50)])
    archive_path = settings.raw_dir / "x.zip"
    with zipfile.ZipFile(archive_path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, source.name)
    source.unlink()
    whole = archive_path.read_bytes()
    archive_path.write_bytes(whole[: len(whole) // 2])
    assert "x.zip cannot be opened" in refusal(settings, warehouse)
    archive_path.write_bytes(whole)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(50,)]


def test_a_member_that_leads_outside_writes_nothing(settings: Settings, warehouse: Warehouse, tmp_path: Path) -> None:
    with zipfile.ZipFile(settings.raw_dir / "x.zip", "w") as archive:
        archive.writestr("../../2019-04-west-midlands-street.csv", f"{STREET}\n{street_row()}\n")
    assert "leads outside" in refusal(settings, warehouse)
    assert list(tmp_path.rglob("*street.csv")) == []


def test_file_names_with_quotes_and_wildcards_are_just_names(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir / "it's [a] *folder*; DROP TABLE x --", [street_row(1)])
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(1,)]


# What a reviewer broke once.


def test_identical_refused_files_are_one_extract_in_two_places(settings: Settings, warehouse: Warehouse) -> None:
    for name in ("a/notes.txt", "b/notes.txt"):
        write_file(settings.raw_dir / name, ["hello"])
    write_street(settings.raw_dir, [street_row()])
    report, _ = ingest(settings, warehouse)
    assert len(report.refused) == 2
    assert query(warehouse, "SELECT status, count(*) FROM ops.extract GROUP BY ALL ORDER BY ALL") == [
        ("loaded", 1),
        ("refused", 1),
    ]
    ingest(settings, warehouse)


@pytest.mark.parametrize("byte", range(60, 400, 17))
def test_a_corrupted_archive_is_refused_or_read_but_never_breaks_the_run(
    settings: Settings, warehouse: Warehouse, byte: int
) -> None:
    path = settings.raw_dir / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "2019-04-west-midlands-street.csv", f"{STREET}\n" + "".join(f"{street_row(n)}\n" for n in range(9))
        )
    content = bytearray(path.read_bytes())
    content[byte % len(content)] ^= 0xFF
    path.write_bytes(content)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") in ([(0,)], [(9,)])


def test_a_member_that_occurs_twice_refuses_the_archive(settings: Settings, warehouse: Warehouse) -> None:
    name, text = "2019-04-west-midlands-street.csv", f"{STREET}\n{street_row()}\n"
    with zipfile.ZipFile(settings.raw_dir / "x.zip", "w") as archive:
        archive.writestr(name, text)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(name, text)
    assert "more than once" in refusal(settings, warehouse)


def test_line_ends_of_an_old_kind_are_named(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row()], end="\r")
    assert "line ends of an old kind" in refusal(settings, warehouse)


def test_names_that_are_not_utf8_do_no_harm(settings: Settings, warehouse: Warehouse) -> None:
    folder = Path(os.fsdecode(os.fsencode(settings.raw_dir) + b"/caf\xe9"))
    write_street(folder, [street_row()])
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT file_path FROM ops.extract") == [("caf\\xe9/2019-04-west-midlands-street.csv",)]


def test_an_unreadable_file_is_looked_at_again(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_street(settings.raw_dir, [street_row()])

    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr("pipelines.ingest.register.scan_path", denied)
        assert "cannot be read (Permission denied); check its permissions." in refusal(settings, warehouse)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(1,)]


def test_a_raised_limit_is_heeded(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(n) for n in range(50)])
    tight = settings.model_copy(update={"max_file_bytes": 1000})
    assert "raise FPW_MAX_FILE_BYTES" in refusal(tight, warehouse)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(50,)]


def test_a_folder_that_cannot_be_read_is_reported(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_street(settings.raw_dir / "locked", [street_row()])
    scandir = os.scandir

    def denied(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", denied)
        assert "locked cannot be read (Permission denied)" in refusal(settings, warehouse)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(1,)]


def test_rows_without_a_required_value_or_with_no_number_are_quarantined(
    settings: Settings, warehouse: Warehouse
) -> None:
    rows = [street_row(n) for n in range(1, 9)]
    rows[2] = street_row(3, crime_type=" \t")
    rows[4] = street_row(5, longitude="nan")
    rows[5] = street_row(6, longitude="1e400")
    rows[6] = street_row(7, longitude="oops")
    write_street(settings.raw_dir, rows)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT line, column_name, reason FROM ops.quarantine ORDER BY line") == [
        (4, "crime_type", "is empty"),
        (6, "longitude", "is not a finite number"),
        (7, "longitude", "is not a finite number"),
        (8, "longitude", "is not a DOUBLE"),
    ]
    assert query(warehouse, "SELECT line, right(crime_id, 1)::INT FROM raw.police_uk_street ORDER BY line") == [
        (n + 1, n) for n in (1, 2, 4, 8)
    ]
    assert_adds_up(warehouse)


def test_a_broken_row_is_quarantined_once(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row(1), "a,b", street_row(2), street_row(3, longitude="x" * 5000)])
    write_street(
        settings.raw_dir, [street_row(n, month="2019-05") for n in range(9)], name="2019-05-west-midlands-street.csv"
    )
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT line, column_name, reason, length(value) FROM ops.quarantine ORDER BY line") == [
        (3, None, "has too few columns", 3),
        (5, "longitude", "is not a DOUBLE", 1003),
    ]


def test_searches_far_from_the_month_are_quarantined_and_near_ones_kept(
    settings: Settings, warehouse: Warehouse
) -> None:
    times = ["2019-03-31T22:30:00+00:00", "2019-05-01T12:00:00+00:00", "2015-04-10T12:00:00+00:00"]
    write_searches(settings.raw_dir, [search_row(time) for time in times] + [search_row()] * 2)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT line, column_name, reason FROM ops.quarantine") == [
        (4, "searched_at", "lies outside the month of the file")
    ]
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_stop_search") == [(4,)]


def test_a_file_of_searches_of_another_month_is_refused(settings: Settings, warehouse: Warehouse) -> None:
    write_searches(settings.raw_dir, [search_row("2019-06-10T12:00:00+00:00")] * 3)
    assert "3 unreadable rows of 3 (line 2: searched_at lies outside the month of the file)" in refusal(
        settings, warehouse
    )


def test_a_renamed_release_loses_nothing(settings: Settings, warehouse: Warehouse) -> None:
    write_searches(settings.raw_dir / "1", [search_row()])
    later = write_searches(settings.raw_dir / "2", [search_row(), search_row()])
    ingest(settings, warehouse)
    later.rename(later.with_name("2019-05-west-midlands-stop-and-search.csv"))
    ingest(settings, warehouse)
    # Its rows are of April, so the new name is refused, and what is on disk for April is current again.
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT period_start::VARCHAR, count(*) FROM raw.police_uk_stop_search GROUP BY ALL") == [
        ("2019-04-01", 1)
    ]


def test_swapped_names_empty_no_month(settings: Settings, warehouse: Warehouse) -> None:
    april = write_searches(settings.raw_dir, [search_row()] * 2)
    may = write_searches(
        settings.raw_dir,
        [search_row("2019-05-10T12:00:00+00:00")] * 3,
        name="2019-05-west-midlands-stop-and-search.csv",
    )
    ingest(settings, warehouse)
    first, second = april.read_bytes(), may.read_bytes()
    april.write_bytes(second)
    may.write_bytes(first)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM ops.extract WHERE status = 'refused'") == [(2,)]
    assert query(
        warehouse, "SELECT period_start::VARCHAR, count(*) FROM raw.police_uk_stop_search GROUP BY ALL ORDER BY 1"
    ) == [
        ("2019-04-01", 2),
        ("2019-05-01", 3),
    ]


def test_a_release_put_back_is_current_again(settings: Settings, warehouse: Warehouse) -> None:
    for outcome in ("Under investigation", "Charged", "Under investigation"):
        write_street(settings.raw_dir, [street_row(1, outcome=outcome), street_row(2, outcome=outcome[:5])])
        ingest(settings, warehouse)
    assert query(warehouse, "SELECT last_outcome_category FROM raw.police_uk_street ORDER BY line") == [
        ("Under investigation",),
        ("Under",),
    ]
    assert query(warehouse, "SELECT status, sequence FROM ops.extract ORDER BY sequence") == [
        ("superseded", 2),
        ("loaded", 3),
    ]


def test_a_rebuilt_warehouse_takes_the_same_release_for_current(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir / "z", [street_row(1)])
    ingest(settings, warehouse)
    write_street(settings.raw_dir / "a", [street_row(1, outcome="Charged")])
    ingest(settings, warehouse)
    arrived = "SELECT extract_id, registered_at FROM ops.extract ORDER BY ALL"
    days = query(warehouse, arrived)
    settings.build_path.unlink()
    warehouse.create_tables(CONTRACTS.values())
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT last_outcome_category FROM raw.police_uk_street") == [("Charged",)]
    assert query(warehouse, arrived) == days


@pytest.mark.parametrize("nights", [("april may", "new_april june"), ("june april", "may new_april")])
def test_files_of_different_months_may_arrive_in_any_order(
    settings: Settings, warehouse: Warehouse, nights: tuple[str, ...]
) -> None:
    """Two of one month keep their order; that is all that matters."""
    files = {
        "april": ("z", "2019-04", "Charged"),
        "new_april": ("a", "2019-04", "Local resolution"),
        "may": ("m", "2019-05", "Charged"),
        "june": ("b", "2019-06", "Charged"),
    }
    for night in nights:
        for folder, month, outcome in (files[name] for name in night.split()):
            rows = [street_row(1, month=month, outcome=outcome)]
            write_street(settings.raw_dir / folder, rows, name=f"{month}-west-midlands-street.csv")
        register(settings, warehouse, CONTRACTS, "run")
        load(settings, warehouse, CONTRACTS["police_uk_street"], "run")
    held = "SELECT month::VARCHAR, last_outcome_category, line FROM raw.police_uk_street ORDER BY ALL"
    assert query(warehouse, held) == [
        ("2019-04-01", "Local resolution", 2),
        ("2019-05-01", "Charged", 2),
        ("2019-06-01", "Charged", 2),
    ]


def test_synthetic_content_stays_synthetic_wherever_it_is_put(settings: Settings, warehouse: Warehouse) -> None:
    (settings.raw_dir / "sample").mkdir()
    (settings.raw_dir / "sample" / "SAMPLE.txt").write_text("synthetic")
    path = write_street(settings.raw_dir / "sample", [street_row(1)])
    ingest(settings, warehouse)
    path.rename(settings.raw_dir / path.name)
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT is_sample, status FROM ops.extract") == [(True, "loaded")]


def test_an_overwritten_sample_leaves_with_its_file(settings: Settings, warehouse: Warehouse) -> None:
    (settings.raw_dir / "sample").mkdir()
    (settings.raw_dir / "sample" / "SAMPLE.txt").write_text("synthetic")
    path = write_street(settings.raw_dir / "sample", [street_row(1)])
    ingest(settings, warehouse)
    path.write_text("nonsense\n")
    ingest(settings, warehouse)
    path.unlink()
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(0,)]


def test_packed_files_are_told_to_be_unpacked(settings: Settings, warehouse: Warehouse) -> None:
    with zipfile.ZipFile(settings.raw_dir / "x.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK\x03\x04")
    assert "inner.zip is a packed file" in refusal(settings, warehouse)


def test_capital_letters_in_a_name_do_not_matter(settings: Settings, warehouse: Warehouse) -> None:
    write_street(settings.raw_dir, [street_row()], name="2019-04-West-Midlands-Street.CSV")
    ingest(settings, warehouse)
    assert query(warehouse, "SELECT force, rows_loaded FROM ops.extract") == [("west-midlands", 1)]


def test_a_missing_raw_folder_is_said(settings: Settings, warehouse: Warehouse) -> None:
    away = settings.model_copy(update={"raw_dir": settings.raw_dir / "away"})
    with pytest.raises(WarehouseError, match="does not exist"):
        register(away, warehouse, CONTRACTS, "run")


def test_a_file_with_too_many_faults_is_refused_before_they_fill_memory(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each kind: values that the reader rejects, and rows without what they must have."""
    for module in ("load", "quarantine"):
        monkeypatch.setattr(f"pipelines.ingest.{module}.MAX_FAULTS", 3)
    good = [street_row(number) for number in range(20)]
    write_street(settings.raw_dir, [*good, *[street_row(longitude="west")] * 4])
    months = ("2019-05", "2019-06")
    for month, empty in zip(months, (4, 3), strict=True):
        rows = [street_row(number, month) for number in range(20)] + [street_row(month=month, crime_type="")] * empty
        write_street(settings.raw_dir, rows, f"{month}-west-midlands-street.csv")
    ingest(settings, warehouse)
    refused = query(warehouse, "SELECT reason FROM ops.extract WHERE status = 'refused' ORDER BY file_name")
    assert [reason.split(" has ")[1].split(";")[0] for (reason,) in refused] == [  # type: ignore[attr-defined]
        "more than 3 faults among its 24 rows"
    ] * 2
    assert query(warehouse, "SELECT rows_loaded, rows_quarantined FROM ops.extract WHERE status = 'loaded'") == [
        (20, 3)
    ]
    assert query(warehouse, "SELECT count(*) FROM raw.police_uk_street") == [(20,)]
