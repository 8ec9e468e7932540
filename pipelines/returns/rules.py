"""The rules of a performance return: which cells break one, and how each is mended."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from operator import itemgetter

from pipelines.ingest.violation import Cells, Violation
from pipelines.returns.periods import FORMS, WORDS, Period, parse_period
from pipelines.returns.registry import SIGNS, Measure, load_areas, load_breakdowns, load_measures, plain_name

MARKERS = ("not collected", "suppressed")
"""What may stand in the place of a number; it becomes the status of the value."""

MAX_VALUE_LETTERS = 80
MAX_HINTS = 50
"""The nearest names are looked up for so many wrong texts only: it takes 10 ms each."""

_NUMBER = re.compile(r"-?([0-9]{1,15}|[0-9]{1,3}([, \N{NO-BREAK SPACE}][0-9]{3}){1,4})(\.[0-9]{1,15})?")
_NO_NUMBER = "is no number; write digits only, such as 1234 or 12.5"
Number = int | Decimal
Key = tuple[str | None, str | None, Period | None, str | None]
"""Measure, area, period and breakdown of a row; None where the cell breaks a rule."""

_remember = lru_cache(maxsize=1 << 16)


def violations(rows: Cells) -> Iterator[Violation]:
    """The cells that break a rule, row by row; rows that repeat one another come last."""
    texts = rows.columns
    names = texts["measure"]
    # Column by column, because most cells are like others of their column and are remembered.
    measures = [*map(_measure, names)]
    areas = [*map(_area, texts["area"])]
    periods = [*map(_period, texts["period"], names)]
    breakdowns = [*map(_breakdown, texts["breakdown"], names)]
    numerators = [*map(_numerator, texts["numerator"], names)]
    denominators = [*map(_denominator, texts["denominator"], names, numerators)]
    judged: dict[str, Sequence[tuple[object, str]]] = {
        "measure": measures,
        "area": areas,
        "period": periods,
        "breakdown": breakdowns,
        "numerator": numerators,
        "denominator": denominators,
    }
    faults = [
        (row, column, reason)
        for column, verdicts in judged.items()
        for row, (_, reason) in enumerate(verdicts)
        if reason
    ]
    faults += [
        (row, "numerator", "is larger than the denominator, of which it is a part; check both")
        for row, ((numerator, _), (denominator, _)) in enumerate(zip(numerators, denominators, strict=True))
        if denominator and numerator is not None and numerator > denominator and _is_part(names[row])
    ]
    hints = _Hints()
    for row, column, reason in sorted(faults, key=itemgetter(0)):
        text = texts[column][row]
        yield Violation(rows.lines[row], column, text, reason + hints.hint(column, text))
    keys: list[Key] = [
        (measure.measure_id if measure else None, area, period, breakdown)
        for (measure, _), (area, _), (period, _), (breakdown, _) in zip(
            measures, areas, periods, breakdowns, strict=True
        )
    ]
    for (measure_id, *_), lines in _repeated(keys, rows.lines).items():
        for line in lines:
            others = [str(other) for other in lines if other != line]
            shown = listed([*others[:3], *(["others"] if len(others) > 3 else [])], "and")
            reason = f"has the same area, period and breakdown in line {shown}; keep one of these rows"
            yield Violation(line, "measure", measure_id or "", reason)


def _repeated(keys: list[Key], lines: Sequence[int]) -> dict[Key, list[int]]:
    """The keys that more than one row has, with the lines of these rows."""
    counts = Counter(keys)
    found: dict[Key, list[int]] = defaultdict(list)
    if len(counts) < len(keys):
        for key, line in zip(keys, lines, strict=True):
            if counts[key] > 1 and None not in key:
                found[key].append(line)
    return found


def cut(text: str) -> str:
    """A cell without the white space around it."""
    return text.strip(SIGNS)


def nearest(text: str, words: Iterable[str], count: int = 3) -> list[str]:
    """The words that look most like a text, best first; none for a text too long to be one of them."""
    return get_close_matches(text, list(words), n=count, cutoff=0.6) if len(text) <= MAX_VALUE_LETTERS else []


def nearest_measures(text: str) -> list[str]:
    """The ids of the measures whose id or name looks most like a text, best first."""
    measures = load_measures()
    ids = {plain_name(known.name): known.measure_id for known in measures.values()}
    ids |= {plain_name(measure_id): measure_id for measure_id in measures}
    return list(dict.fromkeys(ids[found] for found in nearest(plain_name(text), ids)))


def listed(words: Iterable[str], last: str = "or") -> str:
    """Words as a sentence lists them."""
    *others, final = words
    return f"{', '.join(others)} {last} {final}" if others else final


class _Hints:
    """The names nearest to wrong ones, as the end of a sentence."""

    def __init__(self) -> None:
        self.given: dict[tuple[str, str], str] = {}

    def hint(self, column: str, text: str) -> str:
        areas = load_areas()
        if column not in ("measure", "area") or not cut(text) or (column == "area" and plain_name(text) in areas):
            return ""
        if (column, text) not in self.given and len(self.given) < MAX_HINTS:
            found = (
                nearest_measures(text)
                if column == "measure"
                else [areas[name].text for name in nearest(plain_name(text), areas)]
            )
            self.given[column, text] = f" (nearest: {', '.join(found)})" if found else ""
        return self.given.get((column, text), "")


@_remember
def _measure(text: str) -> tuple[Measure | None, str]:
    measure = load_measures().get(cut(text))
    if measure or not cut(text):
        return measure, "" if measure else "is empty; choose a measure from the list"
    return None, "is no measure that can be returned; choose one from the list"


def _is_part(name: str) -> bool:
    """Whether the numerator of a measure is a part of the denominator."""
    measure = _measure(name)[0]
    return measure is not None and measure.is_part


@_remember
def _area(text: str) -> tuple[str | None, str]:
    if not cut(text):
        return None, "is empty; choose an area from the list"
    codes = load_areas()[plain_name(text)].codes if plain_name(text) in load_areas() else ()
    if len(codes) > 1:
        return None, f"means more than one area; write the code: {listed(codes)}"
    if not codes:
        return None, "is no force and no local authority; choose one from the list or write its ONS code"
    return codes[0], ""


@_remember
def _period(text: str, name: str) -> tuple[Period | None, str]:
    measure, written = _measure(name)[0], cut(text)
    types = measure.period_types if measure else tuple(FORMS)
    wanted = listed([f"{FORMS[kind]} for a {WORDS[kind]}" for kind in types])
    if not written:
        return None, f"is empty; write {wanted}"
    period = parse_period(written)
    if period is None:
        if found := re.fullmatch(r"([0-9]{4})[-/](?:[0-9]{2})?([0-9]{2})", written):
            first = int(found[1])
            if int(found[2]) == (first + 1) % 100:
                return None, f"is a financial year in another form; write {first}/{found[2]}"
        return None, f"cannot be read; write {wanted}"
    if period.type in types:
        return period, ""
    if period.type == "snapshot" and "month" in types:
        return None, (
            f"is one day, perhaps a month that the spreadsheet made into a date; write {period.start:%Y-%m} "
            "into a cell with the format Text"
        )
    return None, f"is a {WORDS[period.type]}, for which this measure is not returned; write {wanted}"


@_remember
def _breakdown(text: str, name: str) -> tuple[str | None, str]:
    """The breakdown as `type=value`, empty for the total."""
    measure, written = _measure(name)[0], cut(text)
    if not written:
        return "", ""
    known, word = load_breakdowns(), written.partition("=")[0]
    kind, value = cut(word).lower().replace(" ", "_"), cut(written.partition("=")[2])
    types = measure.breakdown_types if measure else tuple(known)
    if not types:
        return None, "is given, but this measure has no breakdown; leave it empty"
    if "=" not in written or not value or not kind:
        return None, f"is not of the form {types[0]}=value; leave it empty for the total"
    if kind not in types:
        return None, f"is by {kind[:MAX_VALUE_LETTERS]}, which this measure is not; write {listed(types)} and ="
    if known[kind].values and value not in known[kind].values:
        return None, f"has an unknown value; write {listed([f'{kind}={word}' for word in known[kind].values])}"
    if len(value) > MAX_VALUE_LETTERS:
        return None, f"has a value of more than {MAX_VALUE_LETTERS} letters; shorten it"
    return f"{kind}={value}", ""


def _numerator(text: str, name: str) -> tuple[Number | None, str]:
    """The number; None without a reason when the cell says why there is none."""
    if _is_whole(text):
        return int(text), ""
    measure, written = _measure(name)[0], cut(text)
    what = measure.numerator if measure else "the number"
    if not written:
        return None, f"is empty; give {what}, or write {listed(MARKERS)}"
    if written.lower() in MARKERS:
        return None, ""
    if written.endswith("%") and (measure is None or measure.has_denominator):
        base = measure.denominator if measure else "the number of all cases"
        return None, f"is a percentage; give the number ({what}), and as denominator {base}"
    number, reason = _number(written)
    if number is None or measure is None:
        return number, reason
    if number < 0 and not measure.is_signed:
        return None, f"is negative; give {what}"
    if measure.is_whole and number != int(number):
        share = ", not a share of them" if measure.has_denominator else ""
        return None, f"is not a whole number; give the number counted ({what}){share}"
    return number, ""


def _denominator(text: str, name: str, numerator: tuple[Number | None, str]) -> tuple[Number | None, str]:
    measure, is_marker = _measure(name)[0], numerator == (None, "")
    if measure and measure.has_denominator and not is_marker and _is_whole(text) and (whole := int(text)):
        return whole, ""
    written = cut(text)
    if is_marker:
        return None, "is given although there is no number; leave it empty" if written else ""
    if measure and not measure.has_denominator:
        return None, f"is given, but {measure.measure_id} has none; leave it empty" if written else ""
    if not written:
        return None, f"is empty; give {measure.denominator}" if measure else ""
    if written.endswith("%"):
        return None, f"is a percentage; give {measure.denominator if measure else 'the number of all cases'}"
    number, reason = _number(written)
    if number is None or measure is None:
        return number, reason
    if number <= 0:
        return None, "is not above 0; where there were no cases, leave the row out"
    if measure.kind == "share" and number != int(number):
        return None, f"is not a whole number; give the number counted ({measure.denominator})"
    return number, ""


def _is_whole(text: str) -> bool:
    """Whether a cell is digits only: most are, and then need no further look."""
    return text.isdigit() and text.isascii() and len(text) < 16


def _number(written: str) -> tuple[Number | None, str]:
    if _NUMBER.fullmatch(written):
        return Decimal(re.sub(r"[^0-9.-]", "", written)), ""
    if written[:1] in "£$€":
        return None, "is written with a sign of money; leave the sign out"
    if written.endswith("%"):
        return None, "is written with a percent sign; leave the sign out"
    return None, _NO_NUMBER
