"""Style and types, as `make lint` looks at them: Python by ruff and mypy, SQL by sqlfluff."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.settings import PROJECT_DIR

COMMANDS = {
    "ruff": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "sqlfluff": [
        "sqlfluff",
        "lint",
        "--disable-progress-bar",
        "dbt_project/models",
        "dbt_project/analyses",
        "dbt_project/tests",
    ],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_code_keeps_its_style(name: str) -> None:
    program, *arguments = COMMANDS[name]
    done = subprocess.run(
        [str(Path(sys.executable).with_name(program)), *arguments], cwd=PROJECT_DIR, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
