"""A new source: its contract drafted from an example file, then everything else from the completed contract."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import duckdb
import yaml

from pipelines.ingest.apart import apart
from pipelines.ingest.documents import HEADER_WITHIN, DocumentRefused, open_document
from pipelines.ingest.values import reader
from pipelines.scaffold.project import Project, ScaffoldError
from pipelines.sources.contract import (
    LINEAGE_COLUMNS,
    TODO,
    Column,
    Contract,
    Layout,
    load_contracts,
    plain_header,
    read_contract,
)

Supplier = Literal["home", "national", "territorial"]

ROWS_LOOKED_AT = 200
TYPES: tuple[Literal["DATE", "BIGINT", "DOUBLE", "BOOLEAN"], ...] = ("DATE", "BIGINT", "DOUBLE", "BOOLEAN")
PERSONAL = re.compile(
    r"\b(name|forename|surname|address|postcode|phone|mobile|telephone|e-?mail|birth|dob|registration|vrm|plate|officer|"
    r"collar|warrant|nhs|passport)\b",
    re.IGNORECASE,
)
"""Headers that probably tell who somebody is; their columns are drafted as dropped."""
FREE_TEXT = re.compile(r"\b(notes?|comments?|remarks?|summary|description|details|narrative|text)\b", re.IGNORECASE)

SOURCES_YML = "dbt_project/models/sources.yml"
DBT_PROJECT_YML = "dbt_project/dbt_project.yml"


@dataclass(frozen=True)
class Draft:
    """A column as the example file suggests it."""

    header: str
    name: str
    type: str
    personal: str | None


def draft_contract(project: Project, name: str, example: Path, supplier: Supplier) -> None:
    """Write `pipelines/sources/<name>.yaml` from the header and the first rows of a file.

    Raises:
        ScaffoldError: the name is taken or no name of a table, or the file holds no table.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ScaffoldError(f"{name!r} is no name of a source; take small letters, digits and underscores.")
    if name in _taken():
        raise ScaffoldError(f"{name!r} is a word of SQL, and no name of a table; take another.")
    if name in load_contracts():
        raise ScaffoldError(f"There is a source {name} already: pipelines/sources/{name}.yaml.")
    try:
        with closing(apart):
            drafts = apart.call(_drafts, example)
    except DocumentRefused as error:
        raise ScaffoldError(f"{example.name} {error}.") from error
    dates = [draft.name for draft in drafts if draft.type == "DATE"]
    keys = [draft.name for draft in drafts if re.search(r"(_no|_id|_ref|_number|_reference)$", draft.name)]
    text = project.render(
        "contract.yaml",
        name=name,
        example=example.name,
        supplier=supplier,
        sensitivity=_sensitivity(supplier, drafts),
        drafts=drafts,
        period=dates[0] if dates else TODO,
        keys=keys[:1],
        todo=TODO,
    )
    project.write(f"pipelines/sources/{name}.yaml", text)


def complete_source(project: Project, name: str) -> Contract:
    """Write what a source needs beside its contract: suites, staging model, entry in sources.yml, fixture.

    Raises:
        ScaffoldError: there is no contract, or it is not completed.
        ContractError: it is not valid.
    """
    place = f"pipelines/sources/{name}.yaml"
    path = project.folder / place
    if not path.exists():
        raise ScaffoldError(f"There is no {place}; draft it with `fpw new-source {name} EXAMPLE_FILE`.")
    lines = [number for number, line in enumerate(project.read(place).splitlines(), 1) if TODO in line]
    if lines:
        raise ScaffoldError(
            f"{place} still says {TODO} in line {', '.join(map(str, lines))}; complete it, then run this again."
        )
    contract = read_contract(path)
    if contract.layout is None or contract.layout.crosstab:
        raise ScaffoldError(f"{place} is of a form that is not scaffolded; copy a source of that form by hand.")
    texts = [c.name for c in contract.stored_columns if c.type == "VARCHAR" and c.treatment != "pseudonymise"]
    period = next(c for c in contract.columns if c.name == contract.layout.period.column)
    values = {
        "contract": contract,
        "columns": contract.stored_columns,
        "texts": texts,
        "period": period,
        "is_monthly": contract.layout.period.length == "month" and period.type in ("DATE", "TIMESTAMP"),
        "lineage": _lineage(contract),
    }
    project.write(f"expectations/raw/{name}.py", project.render("raw_suite.py", **values))
    project.write(f"expectations/staging/stg_{name}.py", project.render("staging_suite.py", **values))
    project.write(f"dbt_project/models/staging/stg_{name}.sql", project.render("staging.sql", **values))
    project.write(f"dbt_project/models/staging/stg_{name}.yml", project.render("staging.yml", **values))
    if texts:
        unit_tests = project.render("staging_unit_tests.yml", **values)
        project.write(f"dbt_project/models/staging/stg_{name}_unit_tests.yml", unit_tests)
    project.write(f"tests/fixtures/{name}.csv", _fixture(contract))
    _add_raw_table(project, contract, project.render("raw_table.yml", **values))
    _add_expected_forces(project, contract)
    return contract


def _drafts(example: Path) -> list[Draft]:
    try:
        document = open_document(example, example.name, max_bytes=1 << 30)
        rows = [row for _, row in zip(range(ROWS_LOOKED_AT), document.sheets[0].read(), strict=False)]
    except (DocumentRefused, UnicodeDecodeError) as error:
        raise ScaffoldError(f"{example.name} cannot be read ({error}).") from error
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:HEADER_WITHIN]]
    if not filled or max(filled) < 2:
        raise ScaffoldError(f"{example.name} holds no table in its first {HEADER_WITHIN} rows; name another file.")
    head = filled.index(max(filled))
    # Text of another kind has a line here and there that looks like a row of a table.
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows]
    if sum(width > 1 for width in widths) < sum(width == 1 for width in widths):
        raise ScaffoldError(f"{example.name} holds no table: most of its lines have one column; name another file.")
    body = rows[head + 1 :]
    plain = [plain_header(cell) for cell in rows[head] if cell.strip()]
    if repeated := [cell.strip() for cell in rows[head] if plain.count(plain_header(cell)) > 1]:
        raise ScaffoldError(
            f"{example.name} has two columns headed {repeated[0]!r}; a contract knows columns by their headers, so give one "
            "of them another in the file."
        )
    drafts = []
    for place, header in enumerate(cell.strip() for cell in rows[head]):
        if header:
            cells = [row[place] for row in body if place < len(row) and row[place].strip()]
            personal = "direct_identifier" if PERSONAL.search(header) else None
            personal = "free_text" if FREE_TEXT.search(header) else personal
            drafts.append(Draft(header, _name(header), "VARCHAR" if personal else _type(cells), personal))
    return drafts


def _sensitivity(supplier: Supplier, drafts: list[Draft]) -> str:
    if any(draft.personal for draft in drafts):
        return "personal"
    return "internal" if supplier == "home" else "public"


def _name(header: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", header.casefold()).strip("_")
    return name if name[:1].isalpha() and name not in _taken() else f"column_{name}"


@cache
def _taken() -> frozenset[str]:
    """Words that can be no name of a table or a column."""
    query = "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
    return frozenset(LINEAGE_COLUMNS) | {word for (word,) in duckdb.execute(query).fetchall()}


def _type(cells: list[str]) -> str:
    """The first type as which most cells can be read; a bad row or two is what files have."""
    layout = Layout.model_validate({"period": {"column": "x", "length": "month"}})
    for kind in TYPES:
        read = reader(Column(header="x", name="x", type=kind, description="x"), layout)
        if cells and sum(read(cell) is not None for cell in cells) > 0.8 * len(cells):
            return kind
    return "VARCHAR"


def _lineage(contract: Contract) -> list[tuple[str, str, str]]:
    length = contract.layout.period.length.replace("_", " ") if contract.layout else "period"
    return [
        ("extract_id", "varchar", "Extract the record was read from; with line the key."),
        ("line", "bigint", "Number of the row in its file; the header is 1."),
        ("force", "varchar", "Force as data.police.uk spells it (slug); national where one file covers all."),
        ("period_start", "date", f"First day of the {length} of the extract."),
    ]


def _fixture(contract: Contract) -> str:
    """A file of this source with two made-up rows."""
    values = {
        "VARCHAR": ("first {}", "second {}"),
        "DATE": ("2020-04-01", "2020-04-30"),
        "TIMESTAMP": ("2020-04-01 12:00:00", "2020-04-30 12:00:00"),
        "BIGINT": ("1", "2"),
        "DOUBLE": ("1.5", "2.5"),
        "BOOLEAN": ("Yes", "No"),
    }
    kinds = [(column, values.get(column.type, values["TIMESTAMP"])) for column in contract.columns]
    rows = [[made[number].format(column.header.lower()) for column, made in kinds] for number in (0, 1)]
    assert contract.layout is not None
    place = [column.name for column in contract.columns].index(contract.layout.period.column)
    if contract.columns[place].type not in ("DATE", "TIMESTAMP"):
        rows[0][place] = rows[1][place] = "2020/21" if contract.layout.period.length == "financial_year" else "2020-04"
    return "\n".join(",".join(line) for line in [[column.header for column in contract.columns], *rows]) + "\n"


def _add_raw_table(project: Project, contract: Contract, entry: str) -> None:
    """Add the raw table as the last of dbt's source `raw`."""
    lines = project.read(SOURCES_YML).splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if line.startswith("  - name: ")]
    raw_begins = next(number for number in begins if lines[number].strip() == "- name: raw")
    end = next((number for number in begins if number > raw_begins), len(lines))
    if f"      - name: {contract.name}\n" not in lines[raw_begins:end]:
        project.change(SOURCES_YML, "".join([*lines[:end], entry, *lines[end:]]))


def _add_expected_forces(project: Project, contract: Contract) -> None:
    """Say to the models who supplies the source, where that is not every territorial force or one file for all."""
    if contract.expected_forces in ("national", "territorial"):
        return
    text = project.read(DBT_PROJECT_YML)
    match = re.search(r"^( +expected_forces: )(\{.*\})$", text, re.MULTILINE)
    if match is None:
        raise ScaffoldError(
            f"{DBT_PROJECT_YML} has no line `expected_forces: {{...}}`; add {contract.name} to it by hand."
        )
    known = yaml.safe_load(match[2])
    known.setdefault(contract.name, [] if contract.expected_forces == "home" else list(contract.expected_forces))
    flow = ", ".join(f"{name}: [{', '.join(forces)}]" for name, forces in sorted(known.items()))
    project.change(DBT_PROJECT_YML, f"{text[: match.start()]}{match[1]}{{{flow}}}{text[match.end() :]}")
