"""The sample extracts: published formats, published totals, the quirks a loader meets, and nothing real."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from pipelines.sample import SampleError, load_definition, make_sample
from pipelines.sample.definition import month_label

PROJECT_DIR = Path(__file__).resolve().parents[2]
SEEDS_DIR = PROJECT_DIR / "dbt_project" / "seeds"
LONDON = ZoneInfo("Europe/London")
NO_ACTION = "A no further action disposal"

STREET_HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
OUTCOMES_HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type"
SEARCH_HEADER = (
    "Type,Date,Part of a policing operation,Policing operation,Latitude,Longitude,Gender,Age range,"
    "Self-defined ethnicity,Officer-defined ethnicity,Legislation,Object of search,Outcome,"
    "Outcome linked to object of search,Removal of more than just outer clothing"
)
HEADERS = {"street": STREET_HEADER, "outcomes": OUTCOMES_HEADER, "stop-and-search": SEARCH_HEADER}
TYPED = {
    "Month": "DATE",
    "Date": "TIMESTAMPTZ",
    "Longitude": "DOUBLE",
    "Latitude": "DOUBLE",
    "Part of a policing operation": "BOOLEAN",
    "Outcome linked to object of search": "BOOLEAN",
    "Removal of more than just outer clothing": "BOOLEAN",
}


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def raw_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder with the sample as shipped, its archives unpacked beside it under `unpacked`."""
    folder = tmp_path_factory.mktemp("raw")
    make_sample(folder, seeds_dir=SEEDS_DIR)
    for archive in (folder / "sample").glob("*.zip"):
        zipfile.ZipFile(archive).extractall(folder / "unpacked")
    return folder


@pytest.fixture(scope="module")
def tables(raw_dir: Path) -> dict[str, pl.DataFrame]:
    """All rows by type, as text, each with its file, file name month and force."""
    result = {}
    for kind in HEADERS:
        files = sorted(raw_dir.rglob(f"*-{kind}.csv"))
        frames = [
            pl.read_csv(path, infer_schema=False).with_columns(
                file=pl.lit(path.relative_to(raw_dir).as_posix()),
                file_month=pl.lit(path.name[:7]),
                force=pl.lit(path.name[8 : -len(kind) - 5]),
            )
            for path in files
        ]
        result[kind] = pl.concat(frames)
    return result


@pytest.fixture(scope="module")
def searches(tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Searches that can be typed, with their financial year in London time."""
    rows = tables["stop-and-search"].filter(
        pl.col("Date").str.contains(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"),
        ~pl.any_horizontal(pl.all().eq_missing("Maybe")),
    )
    local = pl.col("Date").str.to_datetime(time_zone="UTC").dt.convert_time_zone("Europe/London")
    return rows.with_columns(local.alias("local")).with_columns(year=pl.col("local").dt.offset_by("-3mo").dt.year())


# Making it


def test_two_runs_give_the_same_bytes_in_any_time_zone_and_locale(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.sample import *\n"
        "small = load_definition().only(['merseyside', 'metropolitan'], '2020-10', '2020-12')\n"
        "make_sample(Path(sys.argv[1]), seeds_dir=Path(sys.argv[2]), definition=small)"
    )
    for name, zone, locale in (("one", "UTC", "C.UTF-8"), ("two", "Asia/Kathmandu", "C")):
        environment = os.environ | {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": str(len(zone))}
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / name), str(SEEDS_DIR)],
            check=True,
            env=environment | {"PYTHONPATH": str(PROJECT_DIR)},
        )
    first = digests(tmp_path / "one")
    assert any(name.endswith(".zip") for name in first)
    assert first == digests(tmp_path / "two")


def test_the_sample_is_made_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = load_definition().only(["merseyside"], "2020-10", "2020-12")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            make_sample(tmp_path, seeds_dir=SEEDS_DIR, definition=small)
    assert not (tmp_path / "sample").exists()
    assert all(path.name.startswith(".") for path in tmp_path.iterdir())

    said: list[str] = []
    make_sample(tmp_path, seeds_dir=SEEDS_DIR, definition=small, progress=said.append)
    first = digests(tmp_path / "sample")
    make_sample(tmp_path, seeds_dir=SEEDS_DIR, definition=small)
    assert digests(tmp_path / "sample") == first
    assert [path.name for path in tmp_path.iterdir()] == ["sample"]
    assert said == ["making sample extracts: merseyside (1 of 1)"]


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "sample" / "2020-01-merseyside-street.csv"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(SampleError, match=r"no SAMPLE\.txt.*rename"):
        make_sample(tmp_path, seeds_dir=SEEDS_DIR)
    assert mine.read_text() == "mine"


def test_every_folder_says_that_it_is_synthetic(raw_dir: Path) -> None:
    sample = raw_dir / "sample"
    assert "synthetic sample data made by this project" in (sample / "SAMPLE.txt").read_text()
    folders = [sample, *(path for path in sample.rglob("*") if path.is_dir())]
    assert len(folders) > 36
    for folder in folders:
        assert "no real records" in (folder / "README.txt").read_text()
    for archive in sample.glob("*.zip"):
        assert b"synthetic" in zipfile.ZipFile(archive).comment


# Formats


def test_files_look_as_published(raw_dir: Path) -> None:
    ends = set()
    for path in raw_dir.rglob("[0-9]*.csv"):
        kind = re.fullmatch(r"\d{4}-\d\d-[a-z-]+?-(street|outcomes|stop-and-search)\.csv", path.name)
        assert kind, path
        content = path.read_bytes()
        header, end = re.match(rb"(.*?)(\r?\n)", content).groups()  # type: ignore[union-attr]
        assert header.decode() == HEADERS[kind[1]], path
        assert content.endswith(end)
        assert (content.count(b"\r\n") == content.count(b"\n")) == (end == b"\r\n"), path
        ends.add(end)
    assert ends == {b"\n", b"\r\n"}
    folders = {path.parent.relative_to(raw_dir).as_posix() for path in raw_dir.rglob("[0-9]*.csv")}
    assert {"sample/2018-04", "sample/west-yorkshire", "sample/re-release", "unpacked/2021-03"} <= folders


def test_headers_are_those_of_the_contracts() -> None:
    contract = pytest.importorskip("pipelines.sources.contract")
    for name, kind in (("street", "street"), ("outcomes", "outcomes"), ("stop_search", "stop-and-search")):
        assert ",".join(contract.load_contracts()[f"police_uk_{name}"].headers) == HEADERS[kind]


def test_only_the_planted_rows_cannot_be_typed(raw_dir: Path) -> None:
    rejected = set()
    for kind, header in HEADERS.items():
        files = [path.as_posix() for path in sorted(raw_dir.rglob(f"*-{kind}.csv"))]
        with duckdb.connect() as connection:
            connection.execute(
                "create table loaded as from read_csv($files, columns = $columns, auto_detect = false, "
                "header = true, delim = ',', quote = '\"', dateformat = '%Y-%m', store_rejects = true)",
                {"files": files, "columns": {name: TYPED.get(name, "VARCHAR") for name in header.split(",")}},
            )
            found = connection.execute(
                "select parse_filename(file_path), line, column_name from reject_errors "
                "join reject_scans using (scan_id, file_id)"
            ).fetchall()
        rejected |= set(found)
    planted = load_definition().bad_rows
    assert 6 <= len(planted) <= 10
    assert rejected == {
        (f"{month_label(bad.month)}-{bad.force}-{bad.type}.csv", bad.line, bad.column) for bad in planted
    }


def test_five_forces_three_years_one_month_missing(tables: dict[str, pl.DataFrame]) -> None:
    for kind, rows in tables.items():
        by_force = rows.group_by("force").agg(pl.col("file_month").unique().sort())
        months = dict(by_force.iter_rows())
        assert len(months) == 5
        for force, held in months.items():
            assert len(held) == (35 if force == "greater-manchester" else 36), (kind, force)
        assert "2019-07" not in months["greater-manchester"]
    assert 110_000 < tables["street"].height < 180_000


# Street crime and outcomes


def test_street_quirks(tables: dict[str, pl.DataFrame]) -> None:
    street = tables["street"]
    asb, crime_id = pl.col("Crime type") == "Anti-social behaviour", pl.col("Crime ID")
    assert street.filter(asb != crime_id.is_null()).is_empty()
    assert street["Crime ID"].drop_nulls().str.contains("^[0-9a-f]{64}$").all()
    nowhere = street.filter(pl.col("Location") == "No Location")
    assert 0.02 < nowhere.height / street.height < 0.03
    assert nowhere["Longitude", "Latitude", "LSOA code", "LSOA name"].null_count().row(0) == (nowhere.height,) * 4
    assert street.filter(pl.col("Location") == "On or near ").height > 1000
    assert street.filter(pl.col("Location").str.contains(",")).height > 100
    assert street.filter(asb & street.is_duplicated()).height > 100
    again = street.filter(crime_id.is_not_null(), ~pl.col("file").str.contains("re-release")).filter(
        pl.struct("file", "Crime ID").is_duplicated()
    )
    assert 10 < again.height < 400
    assert street.filter(pl.col("Reported by") != pl.col("Falls within")).is_empty()


def test_areas_are_synthetic_but_their_names_resolve(tables: dict[str, pl.DataFrame]) -> None:
    areas = tables["street"].select("force", "LSOA code", "LSOA name").drop_nulls()
    assert areas["LSOA code"].str.contains(r"^E019\d{5}$").all()  # the ONS has issued none from E019 on
    codes = areas.select("LSOA code", "LSOA name").unique()
    assert codes.height == codes["LSOA code"].n_unique() == codes["LSOA name"].n_unique()
    reference = SEEDS_DIR / "reference"
    authorities = pl.read_csv(reference / "local_authority.csv", infer_schema=False)
    forces = pl.read_csv(reference / "force.csv", infer_schema=False).select("force", home=pl.col("area_code"))
    named = areas.with_columns(lad_name=pl.col("LSOA name").str.extract(r"^(.*) \d{3}[A-E]$"))
    resolved = named.join(authorities, on="lad_name", how="left").join(forces, on="force")
    assert resolved["force_area_code"].null_count() == 0
    outside = resolved.filter(pl.col("force_area_code") != pl.col("home"))
    assert 0.001 < outside.height / resolved.height < 0.04
    assert outside["force"].n_unique() == 5


def test_spring_2020_has_less_theft_and_more_antisocial_behaviour(tables: dict[str, pl.DataFrame]) -> None:
    counts = dict(tables["street"].group_by(pl.concat_str("Crime type", "file_month")).len().iter_rows())
    assert counts["Burglary2020-04"] < 0.75 * counts["Burglary2019-04"]
    assert counts["Anti-social behaviour2020-04"] > 1.3 * counts["Anti-social behaviour2019-04"]


def test_outcomes_belong_to_crimes_of_the_same_or_an_earlier_month(tables: dict[str, pl.DataFrame]) -> None:
    outcomes = tables["outcomes"].filter(pl.col("Latitude").ne_missing("unknown"))
    assert outcomes.filter(pl.col("Month") != pl.col("file_month")).is_empty()
    crimes = tables["street"].drop_nulls("Crime ID").group_by("Crime ID").agg(crime_month=pl.col("file_month").min())
    joined = outcomes.join(crimes, on="Crime ID", how="left")
    assert joined["crime_month"].null_count() == 0
    assert joined.filter(pl.col("Month") < pl.col("crime_month")).is_empty()
    assert joined.filter(pl.col("Month") > pl.col("crime_month")).height > 10_000
    assert {"No location", "On or near "} <= set(outcomes["Location"])


def test_the_second_release_of_a_month_has_moved_on(tables: dict[str, pl.DataFrame]) -> None:
    both = tables["street"].filter(pl.col("file").str.ends_with("2020-11-merseyside-street.csv"))
    files = both["file"].unique().sort().to_list()
    assert files == [f"sample/{folder}/2020-11-merseyside-street.csv" for folder in ("2020-11", "re-release")]
    first, second = (
        both.filter(pl.col("file") == file).drop_nulls("Crime ID").unique("Crime ID", keep="none") for file in files
    )
    joined = first.join(second, on="Crime ID")
    moved = joined.filter(pl.col("Last outcome category") != pl.col("Last outcome category_right"))
    assert moved.height > joined.height / 2
    assert set(moved["Last outcome category_right"]).isdisjoint({"Under investigation"})
    added, removed = (a.join(b, on="Crime ID", how="anti").height for a, b in ((second, first), (first, second)))
    assert 1 <= added <= 8
    assert 1 <= removed <= 8


# Searches


def test_the_month_of_a_search_is_read_in_london(searches: pl.DataFrame) -> None:
    assert searches.filter(pl.col("local").dt.strftime("%Y-%m") != pl.col("file_month")).is_empty()
    elsewhere = searches.filter(pl.col("Date").str.head(7) != pl.col("file_month"))
    assert 0.0005 < elsewhere.height / searches.height < 0.004
    example = elsewhere.filter(pl.col("file_month") == "2019-06")["Date"][0]
    assert example.startswith("2019-05-31T23:")
    assert datetime.fromisoformat(example).astimezone(LONDON).month == 6


def test_search_fields_as_the_forces_fill_them(searches: pl.DataFrame) -> None:
    home = searches.filter(pl.col("force") == "west-midlands")
    assert home["Gender"].null_count() == home.height
    assert set(home["Officer-defined ethnicity"]) == {None, "Asian", "Other"}
    assert abs(home["Self-defined ethnicity"].null_count() / home.height - 0.065) < 0.001
    not_stated = home.filter(pl.col("Self-defined ethnicity") == "Other ethnic group - Not stated")
    assert abs(not_stated.height / home.height - 0.044) < 0.001
    vehicles = searches.filter(pl.col("Type") == "Vehicle search")
    for name in ("Gender", "Age range", "Self-defined ethnicity", "Officer-defined ethnicity"):
        assert vehicles[name].null_count() == vehicles.height > 1000
    for name, sort in TYPED.items():
        if sort == "BOOLEAN":
            assert set(searches[name]) == {"True", "False", None}
    others = searches.filter(pl.col("force") != "west-midlands")
    assert {"White", "Black", "Asian", "Other"} <= set(others["Officer-defined ethnicity"])
    assert home.is_duplicated().any()
    assert home.filter(pl.col("year") == 2019)["Outcome"].null_count() > 1000


def published(quantity: str, year: int, group: str = "") -> float:
    """A published figure on searches of the first force, by the first year of the financial year."""
    with (SEEDS_DIR / "published" / "published_figure.csv").open(encoding="utf-8", newline="") as file:
        (value,) = (
            row["value"]
            for row in csv.DictReader(file)
            if (row["quantity"], row["period_start"], row["area_code"]) == (quantity, f"{year}-04-01", "E23000014")
            and row["measure_id"].startswith("stop_search")
            and row["breakdown_value"] == group
        )
    return float(value)


@pytest.mark.parametrize("persons_only", [False, True])
@pytest.mark.parametrize("year", [2019, 2020])
def test_search_ratios_come_out_as_published(searches: pl.DataFrame, year: int, persons_only: bool) -> None:
    rows = searches.filter(pl.col("force") == "west-midlands", pl.col("year") == year)
    if persons_only:
        rows = rows.filter(pl.col("Type") != "Vehicle search")
    elif year == 2019:
        assert rows.height == 24_631
    census = pl.read_csv(SEEDS_DIR / "reference" / "census_ethnicity.csv").filter(
        census_year=2011, force_area_code="E23000014"
    )

    def rate(group: str) -> float:
        found = rows["Self-defined ethnicity"].str.starts_with(group).sum()
        return found / census.filter(ethnic_group=group)["population"].sum()

    for group in ("Black", "Asian"):
        ratio = rate(group) / rate("White")
        assert f"{ratio:.1f}" == f"{published('search_ratio_to_white', year, group):.1f}"


def test_positive_share_comes_out_as_published_among_outcomes_given(searches: pl.DataFrame) -> None:
    rows = searches.filter(pl.col("force") == "west-midlands", pl.col("year") == 2020)
    for part in (rows, rows.filter(pl.col("Type") != "Vehicle search")):
        given = part["Outcome"].drop_nulls()
        share = 100 * (given != NO_ACTION).sum() / len(given)
        assert f"{share:.1f}" == f"{published('positive_outcome_rate', 2020):.1f}"


def test_no_record_is_a_real_one(tables: dict[str, pl.DataFrame]) -> None:
    shared = Path(os.environ.get("FPW_SHARED_DATA", PROJECT_DIR.parent / "shared" / "data"))
    archive = shared / "police_uk" / "street-merseyside-2018-01-to-2020-12.zip"
    if not archive.is_file():
        pytest.skip("the real extracts are not at hand")
    ids = set(tables["street"]["Crime ID"])
    with zipfile.ZipFile(archive) as real:
        rows = pl.read_csv(real.read("2019-04/2019-04-merseyside-street.csv"), infer_schema=False)
    assert ids.isdisjoint(rows["Crime ID"].drop_nulls())
    areas = tables["street"]["LSOA code"].drop_nulls().unique()
    assert not areas.is_in(rows["LSOA code"].drop_nulls().unique().to_list()).any()
