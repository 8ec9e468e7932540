"""Write what the documents say about planted defects: `python -m tests.seeded` in the project's folder."""

from pathlib import Path

from tests.seeded.document import CHECKS, HEADING, LIST, listing, summary

checks = Path(CHECKS)
before, _, after = (
    checks.read_text(encoding="utf-8").partition(HEADING) if checks.exists() else ("# Checks\n\n", "", "")
)
following = after.find("\n## ")
checks.write_text(before + summary() + (after[following:] if following >= 0 else ""), encoding="utf-8")
Path(LIST).write_text(listing(), encoding="utf-8")
