"""Contracts: what they accept as a file name, and what is wrong with a contract that is wrong."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from pipelines.sources.contract import CONTRACTS_DIR, ContractError, load_contracts, read_contract
from pipelines.sources.forces import load_forces, same_force

STREET = load_contracts()["police_uk_street"]


def test_file_name_tells_force_and_month() -> None:
    said = STREET.read_name("2021-08-avon-and-somerset-street.csv")
    assert said is not None
    assert (said.force, said.month) == ("avon-and-somerset", dt.date(2021, 8, 1))


@pytest.mark.parametrize(
    "name", ["2021-13-kent-street.csv", "2021-08-kent-outcomes.csv", "street.csv", "2021-08-kent-street.csv.bak"]
)
def test_other_names_are_not_taken_for_street_crime(name: str) -> None:
    assert STREET.read_name(name) is None


def test_every_column_of_every_contract_is_described() -> None:
    for contract in load_contracts().values():
        assert all(column.description for column in contract.columns), contract.name


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"file_names": [r"\d{4}-street\.csv"]}, "groups force and month"),
        (
            {"file_names": [r"(?P<month>\d{4}-(?P<force>.+)-street\.csv"]},
            "file_names: '(?P<month>\\\\d{4}-(?P<force>.+)-street\\\\.csv' is no regular expression (missing )",
        ),
        ({"match_columns": ["crime_number"]}, "crime_number"),
        ({"name": "street"}, "name the file"),
        ({"colour": "blue"}, "colour"),
        (
            {"columns": [{"header": "Line", "name": "line", "type": "BIGINT", "description": "x"}]},
            "taken by the lineage",
        ),
    ],
)
def test_a_wrong_contract_is_named(tmp_path: Path, change: dict[str, object], says: str) -> None:
    contract = yaml.safe_load((CONTRACTS_DIR / "police_uk_street.yaml").read_text())
    for key in ("month_rule", "force_columns", "match_columns"):
        if "columns" in change:
            contract.pop(key)
    path = tmp_path / "police_uk_street.yaml"
    path.write_text(yaml.safe_dump(contract | change))
    with pytest.raises(ContractError, match=r"police_uk_street\.yaml") as error:
        read_contract(path)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("label", "force", "same"),
    [
        ("Avon & Somerset Constabulary", "avon-and-somerset", True),
        ("Avon and Somerset Constabulary", "avon-and-somerset", True),
        ("Dyfed-Powys Police", "dyfed-powys", True),
        ("Metropolitan Police Service", "metropolitan", True),
        ("West Yorkshire Police", "west-midlands", False),
        ("", "west-midlands", False),
    ],
)
def test_labels_of_all_years_name_their_force(label: str, force: str, same: bool) -> None:
    assert same_force(label, load_forces()[force]) is same
