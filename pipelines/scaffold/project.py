"""The project that is written to: new files from templates, and small additions to the files that list things."""

from __future__ import annotations

import csv
from pathlib import Path

import jinja2
import yaml

from pipelines.store.warehouse import WarehouseError

TEMPLATES = Path(__file__).with_name("templates")


class ScaffoldError(WarehouseError):
    """Nothing can be written; the message says why, and the mend."""


class Project:
    """A checkout of the project. `written` names, in order, what was written or added to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[str] = []
        # Models are Jinja themselves, so the templates are marked in another way.
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            block_start_string="<%",
            block_end_string="%>",
            variable_start_string="<<",
            variable_end_string=">>",
            comment_start_string="<#",
            comment_end_string="#>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=jinja2.StrictUndefined,
            autoescape=False,
        )
        self._templates.filters["quoted"] = quoted

    def render(self, template: str, **values: object) -> str:
        """A template with its values."""
        return self._templates.get_template(f"{template}.jinja").render(**values)

    def write(self, place: str, text: str) -> None:
        """Write a new file; one that is there is left as it is."""
        path = self.folder / place
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.written.append(place)

    def read(self, place: str) -> str:
        """A file of the project."""
        return (self.folder / place).read_text(encoding="utf-8")

    def change(self, place: str, text: str) -> None:
        """Replace a file of the project by its next version."""
        if text != self.read(place):
            (self.folder / place).write_text(text, encoding="utf-8")
            self.written.append(place)

    def append_row(self, place: str, row: dict[str, str]) -> None:
        """Add a row to a seed, unless its first column has that value already."""
        with (self.folder / place).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        key = next(iter(rows[0]))
        if any(known[key] == row[key] for known in rows):
            return
        with (self.folder / place).open("a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, list(rows[0]), lineterminator="\n").writerow(row)
        self.written.append(place)


def quoted(text: str) -> str:
    """Text as a quoted YAML string on one line."""
    return yaml.safe_dump(text, default_style='"', width=10**6, allow_unicode=True).strip()
