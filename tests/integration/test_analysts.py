"""What an analyst and an officer ask of the published file: a number's whole way, and a shell."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.integration.conftest import Installation, ask

pytestmark = pytest.mark.xdist_group("refresh")

fpw = CliRunner()


def explained(installation: Installation, *arguments: str) -> tuple[int, str]:
    result = fpw.invoke(app, ["explain", *arguments, "--warehouse", str(installation.settings.warehouse_dir)])
    return result.exit_code, result.output + (result.stderr if result.exit_code else "")


def test_a_number_is_explained_down_to_the_hash_of_its_file(installation: Installation) -> None:
    path = installation.settings.published_path
    code, text = explained(installation, "stop_search_positive_rate", "west-midlands", "2019/20")
    assert code == 0
    ((numerator, denominator, sha256, method),) = ask(
        path,
        """
        SELECT numerator::BIGINT, denominator::BIGINT, extract.sha256, measure_value.method_id
        FROM marts.measure_value JOIN ops.extract ON list_contains(extract_ids, extract_id)
        WHERE measure_id = 'stop_search_positive_rate' AND area_code = 'E23000014' AND period_type = 'fin_year'
            AND measure_value.period_start = DATE '2019-04-01' AND breakdown_type IS NULL AND value IS NOT NULL
        ORDER BY ALL LIMIT 1
        """,
    )
    assert f"{numerator:,} / {denominator:,} x 100 = " in text
    for words in (str(method), str(sha256), "SAMPLE", "what it is:", "interval:", "Checks of its tables:"):
        assert words in text


def test_the_formula_gives_the_value_that_is_printed(installation: Installation) -> None:
    _, text = explained(installation, "ksi_collision_count", "E23000014", "2015")
    _, rates = explained(installation, "total_recorded_crime_rate", "West Midlands", "2019/20")
    values = re.findall(r"value: +([\d,.]+) .*\n  formula: .*?([\d,.]+)(?:, counted)?\n", text + rates)
    assert len(values) > 1
    assert all(value == made for value, made in values)


def test_an_indicator_of_a_plan_stands_for_its_measure_and_method(installation: Installation) -> None:
    code, text = explained(installation, "pcp1620_crime_rate_vs_msf", "west-midlands", "YE2020-03")
    assert code == 0
    assert "Police and Crime Plan 2016-2020" in text
    assert len(re.findall(r"^  value: ", text, re.M)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("KSI_CASUALTIE", "west-midlands", "2015"), "the nearest are ksi_casualties"),
        (("ksi_casualties", "Atlantis", "2015"), "The area 'Atlantis' is not known"),
        (("ksi_casualties", "west-midlands", "soon"), "write it as 2020-03"),
        (("ksi_casualties", "west-midlands", "2031"), "There is: cal_year 2014-01-01 to 2015-12-31"),
    ],
)
def test_what_cannot_be_explained_is_answered_with_what_can(
    installation: Installation, arguments: tuple[str, ...], words: str
) -> None:
    code, text = explained(installation, *arguments)
    assert code == 2
    assert words in text


def test_the_shell_is_duckdbs_own_and_reads_only(installation: Installation) -> None:
    found = installation.run("sql", "SELECT count(*) AS answers FROM duckdb_views() WHERE schema_name = 'answers'")
    assert found.returncode == 0
    assert re.search(r"\b10\b", found.stdout)
    refused = installation.run("sql", "CREATE TABLE marts.mine (a INT)")
    assert refused.returncode != 0
    assert "read-only" in refused.stderr
