"""What a runbook says is told is told by the code, word for word."""

from __future__ import annotations

import re

import pytest

from pipelines.settings import PROJECT_DIR

RUNBOOKS = PROJECT_DIR / "docs" / "runbooks"
OF_OTHERS = {
    "No space left on device": "the system",
    "disk is full": "SQLite",
    "build.duckdb ... is not a valid DuckDB database file": "DuckDB",
    "Error loading repository location": "Dagster",
}
STAND_INS = re.compile(r"\.\.\.|\b(?:PID n|N|HOST|MODEL|nightly|build\.duckdb|raw\.x|marts\.x|y)\b")
"""What stands in a runbook for what differs from case to case."""

MESSAGES = [
    message
    for path in sorted(RUNBOOKS.glob("*.md"))
    for row in re.findall(r"^\| ([^|]+) \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    for message in re.findall(r"`([^`]+)`", row)
    if message not in OF_OTHERS
]


@pytest.fixture(scope="module")
def told() -> str:
    """All code, with strings that are divided over lines put together."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT_DIR / "pipelines").rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", code)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_of_the_runbooks_is_one_of_the_code(told: str, message: str) -> None:
    words = [part.strip(" :,;()") for part in STAND_INS.split(message)]
    assert any(len(part) > 4 for part in words)
    assert [part for part in words if part not in told] == []
