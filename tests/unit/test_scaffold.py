"""Scaffolds: what they write is whole, and what they refuse they refuse in a sentence."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook

from pipelines.scaffold.measure import add_measure
from pipelines.scaffold.project import Project, ScaffoldError
from pipelines.scaffold.source import DBT_PROJECT_YML, SOURCES_YML, complete_source, draft_contract
from pipelines.settings import PROJECT_DIR
from pipelines.sources.contract import ContractError, read_contract


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with the few files of the project that are added to."""
    for place in (
        SOURCES_YML,
        DBT_PROJECT_YML,
        "dbt_project/models/marts/measure_value.sql",
        "dbt_project/seeds/reference/measure.csv",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT_DIR / place, tmp_path / place)
    return Project(tmp_path)


def workbook(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["Custody records"],
        [],
        ["Record ID", "Arrived at", "Age", "Held (h)", "Released", "Detainee Name", "Comments"],
        ["C1", "01/04/2020", 17, 3.5, "Yes", "A Person", "x"],
        ["C2", "02/04/2020", "not known", 4, "No", "B Person", ""],
        *[[f"C{number}", "03/04/2020", number, 1.5, "No", "C Person", ""] for number in range(3, 12)],
    ):
        sheet.append(row)
    book.save(path)
    return path


def test_a_draft_guesses_what_a_file_tells_and_marks_what_it_does_not(project: Project, tmp_path: Path) -> None:
    draft_contract(project, "custody_record", workbook(tmp_path / "custody.xlsx"), "home")
    text = project.read("pipelines/sources/custody_record.yaml")
    draft = yaml.safe_load(text)
    assert [(c["name"], c["type"], c.get("treatment"), c.get("personal")) for c in draft["columns"]] == [
        ("record_id", "VARCHAR", None, None),
        ("arrived_at", "DATE", None, None),
        ("age", "BIGINT", None, None),
        ("held_h", "DOUBLE", None, None),
        ("released", "BOOLEAN", None, None),
        ("detainee_name", "VARCHAR", "drop", "direct_identifier"),
        ("comments", "VARCHAR", "drop", "free_text"),
    ]
    assert draft["layout"]["period"] == {"column": "arrived_at", "length": "month"}
    assert (draft["sensitivity"], draft["layout"]["unknown_columns"]) == ("personal", "refuse")
    with pytest.raises(ScaffoldError, match=r"still says TODO in line 3, 4, .*complete it"):
        complete_source(project, "custody_record")


def test_a_completed_contract_gives_the_rest_once(project: Project, tmp_path: Path) -> None:
    draft_contract(project, "custody_record", workbook(tmp_path / "custody.xlsx"), "territorial")
    path = project.folder / "pipelines/sources/custody_record.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("TODO", "told"), encoding="utf-8")
    contract = complete_source(project, "custody_record")
    assert contract == read_contract(path)
    assert DBT_PROJECT_YML not in project.written
    before, after = (
        yaml.load((folder / SOURCES_YML).read_text(encoding="utf-8"), yaml.CSafeLoader)
        for folder in (PROJECT_DIR, project.folder)
    )
    table = after["sources"][0]["tables"].pop()
    known = ["extract_id", "line", "force", "period_start", *(column.name for column in contract.stored_columns)]
    assert (table["name"], [column["name"] for column in table["columns"]]) == ("custody_record", known)
    assert after == before
    again = Project(project.folder)
    complete_source(again, "custody_record")
    assert again.written == []


def test_the_supplier_of_a_home_source_is_told_to_the_models(project: Project, tmp_path: Path) -> None:
    draft_contract(project, "custody_record", workbook(tmp_path / "custody.xlsx"), "home")
    path = project.folder / "pipelines/sources/custody_record.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("TODO", "told"), encoding="utf-8")
    complete_source(project, "custody_record")
    before, after = (
        yaml.safe_load(text) for text in ((PROJECT_DIR / DBT_PROJECT_YML).read_text(), project.read(DBT_PROJECT_YML))
    )
    assert after["vars"]["expected_forces"].pop("custody_record") == []
    assert after == before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Custody", "no name of a source"),
        ("select", "a word of SQL"),
        ("victim_survey", "There is a source victim_survey already"),
    ],
)
def test_a_name_that_will_not_do_is_refused(project: Project, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ScaffoldError, match=words):
        draft_contract(project, name, workbook(tmp_path / "custody.xlsx"), "home")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear all\n\nplease find attached\n", r"a\.csv holds no table"),
        (
            "root:x:0:0:root:/root\nbin:x:1:1\nsys:x:3:3\nann:x:4:4:Ann,Office:/home\ned:x:5:5:Ed,:/home\n",
            "holds no table",
        ),
        ("Day,Amount,Amount (£)\n2020-04-01,1,2\n", "two columns headed 'Amount'; .* give one of them another"),
    ],
)
def test_a_file_without_a_table_is_refused(project: Project, tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(ScaffoldError, match=words):
        draft_contract(project, "letter", tmp_path / "a.csv", "home")
    assert project.written == []


def test_a_column_headed_with_a_word_that_is_taken_gets_another_name(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Day,Order,Force\n2020-04-01,1,x\n")
    draft_contract(project, "letter", tmp_path / "a.csv", "home")
    draft = yaml.safe_load(project.read("pipelines/sources/letter.yaml"))
    assert [column["name"] for column in draft["columns"]] == ["day", "column_order", "column_force"]


def test_a_draft_that_is_no_contract_yet_is_called_one(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Order,Amount\na,1\n")
    draft_contract(project, "letter", tmp_path / "a.csv", "home")
    path = project.folder / "pipelines/sources/letter.yaml"
    with pytest.raises(ContractError, match=rf"{path} is an unfinished draft .* finish it, or delete it"):
        read_contract(path)


def test_a_measure_is_registered_once(project: Project) -> None:
    add_measure(project, "surveys_sent", "victim_survey", ["method"], name="Surveys sent, by post or online")
    assert project.written == [
        "dbt_project/models/measures/msr_surveys_sent.sql",
        "dbt_project/models/measures/msr_surveys_sent.yml",
        "dbt_project/models/measures/msr_surveys_sent_unit_tests.yml",
        "dbt_project/seeds/reference/measure.csv",
        "dbt_project/models/marts/measure_value.sql",
    ]
    assert (
        project.read("dbt_project/seeds/reference/measure.csv")
        .splitlines()[-1]
        .startswith('surveys_sent,"Surveys sent, by post or online",surveys_sent,count,neutral,')
    )
    assert "'msr_surveys_sent'] %}" in project.read("dbt_project/models/marts/measure_value.sql")
    with pytest.raises(ScaffoldError, match="is there already; add a branch to it"):
        add_measure(project, "surveys_sent", "victim_survey", [])


@pytest.mark.parametrize(
    ("measure", "source", "breakdowns", "words"),
    [
        ("new_thing", "nowhere", [], "make it first with `fpw new-source nowhere"),
        ("new_thing", "stats19_vehicle", [], "does not come month by month"),
        ("new_thing", "victim_survey", ["colour"], "has no column 'colour'"),
        ("new_thing", "victim_survey", [], "say it with --name"),
        ("complaints_count", "complaint_case", [], "is in dbt_project/seeds/reference/measure.csv already"),
        ("New", "victim_survey", [], "no name of a measure"),
    ],
)
def test_a_measure_that_cannot_be_is_refused(
    project: Project, measure: str, source: str, breakdowns: list[str], words: str
) -> None:
    with pytest.raises(ScaffoldError, match=words):
        add_measure(project, measure, source, breakdowns)
    assert project.written == []
