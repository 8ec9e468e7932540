"""Where extracts are published is configuration: valid, encrypted, and about sources that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.fetch.publishers import PUBLISHERS_FILE, FetchError, load_publishers
from pipelines.settings import Settings
from pipelines.sources.contract import load_contracts


def test_every_publication_feeds_known_sources_under_a_known_licence() -> None:
    publishers, contracts = load_publishers(PUBLISHERS_FILE), load_contracts()
    for name, publication in publishers.publications.items():
        for source in publication.sources:
            assert contracts[source].licence in publishers.licences, name
    fed = {source for publication in publishers.publications.values() for source in publication.sources}
    public = {name for name, contract in contracts.items() if contract.sensitivity == "public"}
    assert public - fed == {"stats19_casualty_adjustment"}, "merged into the casualty file by its publisher"


def test_every_address_is_encrypted() -> None:
    assert Settings.load({}).publishers_file == PUBLISHERS_FILE
    addresses = re.findall(r"\w+://\S+", PUBLISHERS_FILE.read_text(encoding="utf-8"))
    assert addresses
    assert all(address.startswith("https://") for address in addresses)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("stats19_collision", "dft-road-casualty-statistics-collision-2023.csv"),
        ("stats19_collision", "dft-road-casualty-statistics-accident-2019.csv"),
        ("stats19_casualty", "dft-road-casualty-statistics-casualty-2023.csv"),
        ("home_office_recorded_crime", "prc-pfa-mar2013-onwards-tables-240725.ods"),
        ("home_office_outcome", "prc-outcomes-open-data-mar2025-tables-231025.xlsx"),
        ("home_office_outcome", "prc-outcomes-open-data-mar2006-mar2014-tabs.ods"),
        ("home_office_stop_search", "stop-search-open-data-tables-mar21-mar25.ods"),
        ("home_office_stop_search", "stop-search-open-data-tables-ppp-mar2020.ods"),
        ("home_office_workforce", "open-data-table-police-workforce-280126.ods"),
        ("home_office_workforce_table", "police-workforce-sep19-tables.ods"),
        ("home_office_use_of_force_table", "police-use-of-force-apr2018-mar2019-hosb3319-tables.ods"),
        ("ons_pfa_table", "policeforceareatablesyearendingmarch2018v2.xlsx"),
        ("ons_pfa_table", "policeforceareadatatablesyearendingjune2018corrected.xlsx"),
        ("ons_pfa_table", "pfatablesyemarch2026.xlsx"),
        ("ons_csp_recorded_crime", "csptablesyemar24correction.xlsx"),
        (None, "open-data-table-police-workforce-functions-280126.ods"),
        (None, "prc-knife-open-data-march2009-onwards-tables.ods"),
    ],
)
def test_names_that_publishers_gave_their_files_are_known(source: str | None, name: str) -> None:
    files = [file for known in load_publishers(PUBLISHERS_FILE).publications.values() for file in known.files]
    assert {file.source for file in files if file.name and re.fullmatch(file.name, name)} == ({source} - {None})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("publications: [", "is not valid YAML"),
        ("", r"is not valid \(the whole file: Input should be"),
        ("publications: {a: {title: A, home_page: h}}", "either files, or archive, or form"),
        ("publications: {a: {title: A, home_page: h, files: [{source: s}]}}", "needs either name"),
        ("publications: {a: {title: A, home_page: h, files: [{source: s, name: b}]}}", "needs pages that link to it"),
        ("publications: {a: {title: A, home_page: h, pages: [p], files: [{source: s, name: '('}]}}", "files.0.name"),
        ("publications: {}\nclient: {tries: 0}", "client.tries"),
    ],
)
def test_a_mistake_names_the_file_and_the_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "publishers.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match=words) as error:
        load_publishers(path)
    assert str(path) in str(error.value)


def test_a_missing_configuration_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="check FPW_PUBLISHERS_FILE"):
        load_publishers(tmp_path / "none.yaml")
