"""Rules beyond types that the rows of a source must keep; `layout.rules` of a contract names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pipelines.ingest.violation import Cells, Violation
from pipelines.returns.rules import violations

RULES: dict[str, Callable[[Cells], Iterable[Violation]]] = {"performance_return": violations}
