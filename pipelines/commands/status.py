"""What the published file holds."""

from __future__ import annotations

import duckdb

from pipelines.commands.common import WarehouseOption, load_settings, open_console, stop
from pipelines.store.lock import cut_off
from pipelines.summary import print_summary


def status(warehouse: WarehouseOption = None) -> None:
    """Say what the published file holds."""
    settings, console = load_settings(None, warehouse, None), open_console()
    if not settings.published_path.exists():
        stop(f"{settings.published_path} does not exist; run `fpw refresh` to make it.")
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        release, published_at, home = connection.execute(
            "SELECT release_id, published_at AT TIME ZONE 'Europe/London', home_force FROM ops.release"
        ).fetchall()[0]
        console.print(
            f"{settings.published_path}\nRelease {release}, published {published_at:%d %B %Y %H:%M} (London), "
            f"home force {home}\n",
            highlight=False,
            soft_wrap=True,
        )
        if who := cut_off(settings.warehouse_dir):
            console.print(
                f"A run after it was cut off before its end ({who}); run `fpw refresh` to take it up again.\n",
                highlight=False,
                soft_wrap=True,
            )
        if told := _restored(connection):
            console.print(told, style="bold", highlight=False, markup=False, soft_wrap=True)
        print_summary(connection, console)
        gaps = connection.execute(
            """
            SELECT source, force, strftime(month, '%Y-%m') FROM marts.source_month
            WHERE status = 'not_supplied' AND is_within_series ORDER BY ALL
            """
        ).fetchall()
    if gaps:
        console.print(f"Months not supplied ({len(gaps)}):")
        for source, force, month in gaps[:20]:
            console.print(f"  {source}, {force}, {month}", highlight=False)
        if len(gaps) > 20:
            console.print(
                f"  and {len(gaps) - 20} more: FROM marts.source_month WHERE status = 'not_supplied' AND is_within_series"
            )


def _restored(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What to know of a file that is an earlier release put back."""
    columns = [name for name, *_ in connection.execute("DESCRIBE ops.release").fetchall()]
    if "restored_at" not in columns:
        return None  # published before files said so
    ((when, because),) = connection.execute(
        "SELECT restored_at AT TIME ZONE 'Europe/London', restored_because FROM ops.release"
    ).fetchall()
    if when is None:
        return None
    return (
        f"This is an earlier release, put back on {when:%d %B %Y %H:%M} (London): {because}. "
        "The next refresh publishes anew.\n"
    )
