"""Process limits for checks, by the formula that makes `marts.spc_point`."""

from __future__ import annotations

from functools import cache

from pipelines.macros import Macros

_MACROS = Macros("spc.sql")

ENOUGH = int(_MACROS.xmr_enough_points())
"""Points that limits need."""


@cache
def process_limits(relation: str) -> str:
    """Query of series_id, lower_limit and upper_limit for each series of a relation that has enough points.

    The relation has series_id, segment, point_number (BIGINT, its place in time), value (DOUBLE) and direction.
    """
    return (
        f"SELECT series_id, min(lpl) AS lower_limit, max(upl) AS upper_limit "
        f"FROM ({_MACROS.xmr_points(relation, True)}) AS points GROUP BY series_id HAVING count(*) >= {ENOUGH}"
    )
