"""Counts what a new release of a force and month changed against the one it replaces."""

from __future__ import annotations

import duckdb

from pipelines.sources.contract import Contract
from pipelines.store.warehouse import insert_rows


def record_changes(connection: duckdb.DuckDBPyConnection, contract: Contract, replaced: dict[str, str]) -> None:
    """Count, for each pair of releases, rows matched by key, values that differ, rows added and removed."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE batch_change "
        "(extract_id VARCHAR, rows_added BIGINT, rows_removed BIGINT, rows_matched BIGINT, values_changed BIGINT)"
    )
    names = [column.name for column in contract.stored_columns]
    compared = [name for name in names if name not in contract.match_columns]
    key = ", ".join(contract.match_columns)
    periods = dict(connection.execute("SELECT extract_id, period_start FROM batch_extract").fetchall())
    for new, old in replaced.items():
        # The month is named too, since the raw table lies in the order of months and most of it can be passed over.
        for side, table, extract_id in (
            ("new_release", "batch JOIN batch_extract USING (file_index)", new),
            ("old_release", contract.table, old),
        ):
            has_key = " AND ".join(f"{name} IS NOT NULL" for name in contract.match_columns) or "false"
            unique = f"{has_key} AND count(*) OVER (PARTITION BY {key}) = 1" if key else "false"
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {side} AS SELECT {', '.join(names)}, ({unique}) AS has_unique_key "
                f"FROM {table} WHERE extract_id = ? AND period_start = ?",
                [extract_id, periods[new]],
            )
        connection.execute("DELETE FROM ops.extract_change WHERE extract_id = ? AND supersedes = ?", [new, old])
        matched = 0
        if key:
            differs = ", ".join(f"count(*) FILTER (n.{name} IS DISTINCT FROM o.{name})" for name in compared)
            matched, *changes = connection.execute(
                f"SELECT count(*), {differs} FROM new_release AS n JOIN old_release AS o USING ({key}) "
                "WHERE n.has_unique_key AND o.has_unique_key"
            ).fetchall()[0]
            insert_rows(
                connection,
                "ops.extract_change",
                [
                    {
                        "extract_id": new,
                        "supersedes": old,
                        "column_name": name,
                        "rows_matched": matched,
                        "values_changed": count,
                    }
                    for name, count in zip(compared, changes, strict=True)
                ],
            )
        is_matched = f"has_unique_key AND ({key}) IN (SELECT ({key}) FROM %s WHERE has_unique_key)" if key else "false"
        rest = {
            side: f"SELECT {', '.join(names)} FROM {side} WHERE NOT coalesce({is_matched % other if key else 'false'}, false)"
            for side, other in (("new_release", "old_release"), ("old_release", "new_release"))
        }
        connection.execute(
            f"""
            INSERT INTO batch_change SELECT $new,
                (SELECT count(*) FROM ({rest["new_release"]} EXCEPT ALL {rest["old_release"]})),
                (SELECT count(*) FROM ({rest["old_release"]} EXCEPT ALL {rest["new_release"]})),
                $matched,
                coalesce((SELECT sum(values_changed) FROM ops.extract_change
                    WHERE extract_id = $new AND supersedes = $old), 0)
            """,
            {"new": new, "old": old, "matched": matched},
        )
