"""What the documents say about planted defects."""

from __future__ import annotations

from collections import Counter

from tests.seeded.fault import DBT, NOT_FOUND, READ_RIGHT, REFUSED, SET_ASIDE, STOPS, WARNS, Fault
from tests.seeded.faults import FAULTS

CHECKS, LIST = "docs/checks.md", "docs/seeded-faults.md"
HEADING = "## Seeded faults"
ANSWERS = {
    REFUSED: "the file is turned away with a reason in `ops.extract`; none of its rows is loaded",
    SET_ASIDE: "the rows go to `ops.quarantine` with line, column and reason; the others are loaded",
    STOPS: "a check of severity error fails: nothing is published, the file of yesterday stays",
    WARNS: "a check of severity warning fails: the figures are published with it in `ops.check_result`",
    READ_RIGHT: "read as if it were not there: the records are those of the good file",
    NOT_FOUND: "nothing notices it",
}


def summary() -> str:
    """The section of docs/checks.md, from its heading on."""
    counts = Counter(fault.answer for fault in FAULTS)
    harmless, missed = counts[READ_RIGHT], counts[NOT_FOUND]
    planted = len(FAULTS) - harmless
    caught = planted - missed
    rows = "".join(f"| {answer} | {counts[answer]} | {meaning} |\n" for answer, meaning in ANSWERS.items())
    unseen = "".join(
        f"- {fault.says} (`{fault.place}`). {fault.why_not}\n" for fault in FAULTS if fault.answer == NOT_FOUND
    )
    return f"""{HEADING}

A test plants {len(FAULTS)} defects, one at a time, as files and tables that went wrong have them: in {_in_files()} files
that arrive in a finished warehouse, and in {len(FAULTS) - _in_files()} tables between the layers, the seeds included.
{harmless} of them do no harm and leave the records of the good file. Of the other {planted}, **{caught} are caught, a
detection rate of {100 * caught / planted:.1f} %**: by a check that is named, or by a refusal or quarantine with its
reason. The undamaged sample, and a good file of every source, raise none of them.

The same checks found what nobody planted: of the stop and search files of data.police.uk in hand seven hold records twice
(City of London, May 2022, each of its 131; and one month each of Cambridgeshire, Dyfed-Powys, North Wales, Suffolk, Surrey
and Sussex).

| answer | defects | what follows |
|---|---:|---|
{rows}
What is not found, and why:

{unseen}
Every defect with what must notice it stands in [seeded-faults.md](seeded-faults.md); both pages are written from the list
in `tests/seeded` by `python -m tests.seeded` and held against it by the test.
"""


def listing() -> str:
    """The whole of docs/seeded-faults.md."""
    rows = "".join(f"| {fault.says} | {_place(fault)} | {fault.answer} | {_by(fault)} |\n" for fault in FAULTS)
    return f"""# Seeded faults

Each defect is planted alone by `tests/integration/test_seeded_faults.py`, which asserts what stands here. What the
answers mean, and the detection rate, stand in [checks.md](checks.md#seeded-faults).

| defect | in | answer | noticed by |
|---|---|---|---|
{rows}"""


def pages() -> dict[str, str]:
    """Text by document."""
    return {CHECKS: summary(), LIST: listing()}


def _in_files() -> int:
    return sum(not isinstance(fault.plant, str) for fault in FAULTS)


def _place(fault: Fault) -> str:
    return f"`{fault.place}`" if isinstance(fault.plant, str) else f"file of `{fault.place}`"


def _by(fault: Fault) -> str:
    kind, _, words = fault.caught_by.partition(": ")
    if fault.answer in (READ_RIGHT, NOT_FOUND):
        return ""
    if fault.answer in (REFUSED, SET_ASIDE):
        return f"the reason: {words}"
    return f"test `{kind.removeprefix(DBT)}`" if kind.startswith(DBT) else f"`{kind}`"
