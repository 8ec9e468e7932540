"""Victim survey and complaints by any of their headers: taken for their source, read by column, without who it is."""

from __future__ import annotations

import pytest

from pipelines.ingest.documents import Sheet
from pipelines.ingest.layouts import find_table
from pipelines.sample import complaints, victim_survey
from pipelines.sources.contract import Contract, load_contracts

CONTRACTS = load_contracts()
OWN = ("complaint_case", "victim_survey")


def sheet(*header: str) -> Sheet:
    return Sheet(None, lambda: iter([list(header), ["x"] * len(header)]))


def headers(contract: Contract, n: int) -> list[str]:
    """The n-th name of every column, or its last."""
    names = [(column.header, *column.also) for column in contract.columns]
    return [found[min(n, len(found) - 1)] for found in names]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("n", range(12))
def test_a_column_is_found_by_any_of_its_names(name: str, n: int) -> None:
    header = headers(CONTRACTS[name], n)
    found = {other for other, contract in CONTRACTS.items() if find_table(contract, sheet(*header))}
    assert found == {name}
    table = find_table(CONTRACTS[name], sheet(*[header.upper() + " " for header in header]))
    assert table is not None
    assert table.places == tuple(range(len(header)))
    assert table.unknown == ()


@pytest.mark.parametrize(
    ("name", "header"),
    [("victim_survey", header) for header in victim_survey.HEADERS.values()]
    + [("complaint_case", header) for header in (complaints.OLD_HEADER, complaints.NEW_HEADER)],
)
def test_the_headers_of_the_sample_are_of_their_source(name: str, header: tuple[str, ...]) -> None:
    assert [other for other, contract in CONTRACTS.items() if find_table(contract, sheet(*header))] == [name]


@pytest.mark.parametrize("name", OWN)
def test_a_column_nobody_described_is_unknown(name: str) -> None:
    contract = CONTRACTS[name]
    table = find_table(contract, sheet(*headers(contract, 0), "National Insurance Number"))
    assert table is not None
    assert table.unknown == ("National Insurance Number",)
    assert contract.layout is not None
    assert contract.layout.unknown_columns == "refuse"


@pytest.mark.parametrize("name", OWN)
def test_nothing_that_names_a_person_is_stored(name: str) -> None:
    stored = {column.name: column for column in CONTRACTS[name].stored_columns}
    assert {n for n, column in stored.items() if column.personal == "direct_identifier"} == {
        "survey_id" if name == "victim_survey" else "case_reference"
    }
    assert not [column for column in stored.values() if column.personal == "free_text"]
    for column in stored.values():
        if column.personal == "special_category":
            assert column.purpose
