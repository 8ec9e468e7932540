"""Readers fed with damaged files: every file is refused in a sentence, or its rows add up.

`FPW_FUZZ_BATCHES` sets how often a batch of each kind is made; benchmarks/README.md says what a long run found.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts
from pipelines.store.warehouse import Warehouse
from tests.conftest import HEADERS as PUBLISHED
from tests.conftest import street_row
from tests.hostile import HEADERS, ROW, ods, xlsx, zipped

BATCHES = int(os.environ.get("FPW_FUZZ_BATCHES", "1"))
FILES = 14
"""Of each kind in a batch."""
SECRET = "Qzxvwk"
RETURN = ["measure", "area", "period", "breakdown", "numerator", "denominator"]
STREET = "2019-04-west-midlands-street.csv"

odd_text = st.text(
    st.sampled_from("=+-@\t\r\n\"',;\\ \x00\x01\x1b\u202e\ufeff\u00a0٣²é0123456789./:eE%aZ")
    | st.characters(codec="utf-8"),
    max_size=20,
)
odd_values = (
    *("", "2020-03-05", "05/03/2020", "31/02/2020", "0000-00-00", "9999-12-31 23:59:59", "10000-01-01", "2020-04"),
    *("1e999", "1e-999999999999", "-1", "9" * 400, "12.5%", "1,234", "(12)", "nan", "inf", "٣٤", "true", "NULL"),
    *("cadets", "Kent", "2020/21", "not collected", "a=b", "=1+1", "A" * 3000, SECRET),
)
cells = st.one_of(odd_text, st.sampled_from(odd_values))


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with a few bytes changed, cut out, repeated or put in."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place, length = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        with_what = draw(
            st.binary(max_size=6)
            | st.sampled_from([b'"', b"\n", b"<", b'"1048576"', b"&#0;", b"XFD", b"-1", b"<!--", b"9" * 12, b'"', b","])
        )
        data[place : place + length] = with_what * draw(st.sampled_from([1, 1, 1, 2, 50]))
    return bytes(data)


@st.composite
def damaged_package(draw: st.DrawFn, content: bytes) -> bytes:
    """The package with one of its parts damaged and packed again, so that its check sums hold."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {info.filename: package.read(info) for info in package.infolist()}
    part = draw(st.sampled_from(sorted(parts)))
    return zipped(parts | {part: draw(damaged(parts[part]))})


@st.composite
def tables(draw: st.DrawFn, headers: list[str], row: list[str]) -> bytes:
    """CSV of whole and odd rows under a header, some of another width."""
    odd = st.lists(cells, min_size=len(row), max_size=len(row)) | st.lists(cells, max_size=len(row) + 2)
    rows = draw(st.lists(st.just(row) | odd, max_size=25))
    text = io.StringIO()
    csv.writer(text, lineterminator=draw(st.sampled_from(["\n", "\r\n"]))).writerows([headers, *rows])
    return text.getvalue().encode()


COMPLAINTS = ("\n".join(",".join(line) for line in [HEADERS, *[ROW] * 12, []])).encode()
STREETS = "\n".join([PUBLISHED["police_uk_street"], *map(street_row, range(12)), ""]).encode()
RETURNED = ["cadets", "Kent", "2020-03-31", "", "370", ""]
KINDS: dict[str, tuple[str, st.SearchStrategy[bytes]]] = {
    "text": ("{}.csv", damaged(COMPLAINTS)),
    "published": (f"{{}}/{STREET}", damaged(STREETS)),
    "published table": (
        f"{{}}/{STREET}",
        tables(PUBLISHED["police_uk_street"].split(","), street_row().split(",")),
    ),
    "table": ("{}.csv", tables(HEADERS, ROW)),
    "return": ("kent {}.csv", tables(RETURN, RETURNED)),
    "archive": ("{}.zip", damaged(zipped({"a.csv": COMPLAINTS, STREET: STREETS}))),
    "packed workbook": ("{}.xlsx", damaged(xlsx())),
    "workbook": ("{}.xlsx", damaged_package(xlsx())),
    "spreadsheet": ("{}.ods", damaged_package(ods())),
}


batches = st.fixed_dictionaries(
    {kind: st.lists(contents, min_size=FILES, max_size=FILES) for kind, (_, contents) in KINDS.items()}
)


def test_a_damaged_file_is_refused_or_its_rows_add_up(
    tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> None:
    @settings(
        max_examples=BATCHES,
        deadline=None,
        phases=[Phase.generate],  # a batch is not made smaller
        suppress_health_check=list(HealthCheck),
    )
    @given(batches)
    def run(batch: dict[str, list[bytes]]) -> None:
        folder = tmp_path_factory.mktemp("fuzz")
        for kind, files in batch.items():
            for number, content in enumerate(files):
                path = folder / "raw" / KINDS[kind][0].format(f"{kind} {number}")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        judge(folder)
        shutil.rmtree(folder)

    run()
    assert "Traceback" not in capfd.readouterr().err


def judge(folder: Path) -> None:
    """Register and load everything, and hold what the register says against the tables."""
    installation = Settings.load({}, raw_dir=folder / "raw", warehouse_dir=folder / "warehouse", threads=1)
    installation = installation.model_copy(update={"pseudonym_key_file": folder / "key"})
    warehouse, contracts = Warehouse(installation), load_contracts()
    loaded = [contracts[name] for name in ("complaint_case", "performance_return", "police_uk_street")]
    warehouse.create_tables(contracts.values())
    register(installation, warehouse, contracts, "run")
    for contract in loaded:
        load(installation, warehouse, contract, "run")
    with warehouse.connect() as connection:
        for reason, status in connection.execute("SELECT reason, status FROM ops.extract").fetchall():
            assert status in ("loaded", "superseded", "refused")
            if status == "refused":
                assert reason.endswith("."), reason
                assert reason.isprintable(), reason
                assert len(reason) < 600, reason
                assert SECRET not in reason, reason
        odd = connection.execute(
            "SELECT * FROM ops.extract WHERE status = 'loaded' AND rows_read <> rows_loaded + rows_quarantined"
        ).fetchall()
        assert odd == []
        for contract in loaded:
            rows = connection.execute(f"SELECT count(*), count(DISTINCT extract_id) FROM {contract.table}").fetchall()
            said = connection.execute(
                "SELECT coalesce(sum(rows_loaded), 0), count(*) FILTER (rows_loaded > 0) FROM ops.extract "
                "WHERE source = ? AND status = 'loaded'",
                [contract.name],
            ).fetchall()
            assert rows == said
        lost = connection.execute(
            """
            SELECT e.extract_id, rows_quarantined, count(DISTINCT line) AS lines FROM ops.extract AS e
            LEFT JOIN ops.quarantine USING (extract_id) WHERE status = 'loaded' GROUP BY ALL
            HAVING rows_quarantined <> lines
            """
        ).fetchall()
        assert lost == []
