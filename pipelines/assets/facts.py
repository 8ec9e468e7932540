"""What Dagster says of every asset: its group, its page in the Data Docs, where its table is, and how large it is."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import Any

import dagster as dg
import duckdb

from pipelines.checks.data_docs import INDEX, page_of
from pipelines.settings import Settings
from pipelines.store.warehouse import quoted

OWNER = "team:performance-analysis"
"""Who answers for the assets, in Dagster's words for a team."""


def describer(
    settings: Settings, sources: Iterable[str], manifest: Mapping[str, Any], checked: Collection[str]
) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Completes the spec of an asset. `sources` are the names of the contracts, `checked` the tables with a page.

    Whatever is made from sources of one family alone is grouped by its layer and that family, the rest by its layer.
    """
    family, behind = families(sources), sources_behind(manifest)

    def describe(spec: dg.AssetSpec) -> dg.AssetSpec:
        schema, name = spec.key.path[0], spec.key.path[-1]
        table = f"{schema}.{name}"
        found = {family[source] for source in ([name] if schema == "raw" else behind.get(table, []))}
        page = page_of(table) if table in checked else INDEX
        metadata: dict[str, dg.MetadataValue[Any]] = {
            "data docs": dg.MetadataValue.url(f"{settings.data_docs_url.rstrip('/')}/{page}")
        }
        if schema == "marts":
            metadata |= {
                "dagster/table_name": dg.MetadataValue.text(f"{settings.published_path.stem}.{table}"),
                "published in": dg.MetadataValue.path(str(settings.published_path)),
            }
        return spec.merge_attributes(metadata=metadata).replace_attributes(
            owners=[OWNER], group_name=f"{spec.group_name}_{found.pop()}" if len(found) == 1 else spec.group_name
        )

    return describe


def families(sources: Iterable[str]) -> dict[str, str]:
    """The family of each source: the words with which all names begin that have its first word."""
    by_first_word: dict[str, list[str]] = {}
    for source in sources:
        by_first_word.setdefault(source.split("_")[0], []).append(source.replace("_", "/"))
    return {
        path.replace("/", "_"): os.path.commonpath(paths).replace("/", "_")
        for paths in by_first_word.values()
        for path in paths
    }


def sources_behind(manifest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The raw tables that each table of the dbt project is made from, by table with its schema."""
    nodes: Mapping[str, Any] = manifest["nodes"] | manifest["sources"]

    @cache
    def behind(unique_id: str) -> frozenset[str]:
        node = nodes[unique_id]
        if node["resource_type"] == "source":
            return frozenset([node["name"]] if node["schema"] == "raw" else [])
        return frozenset().union(*map(behind, node.get("depends_on", {}).get("nodes", ())))

    return {
        f"{node['schema']}.{node.get('alias') or node['name']}": behind(unique_id)
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed")
    }


def sizes(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> dict[str, dict[str, int]]:
    """Rows of tables, and bytes in whole blocks of the database file, as metadata; views have none."""
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables() "
        "WHERE database_name = current_database()"
    ).fetchall()
    found = {table: count for table, count in rows if table in tables}
    if not found:
        return {}
    blocks = " UNION ALL ".join(
        f"SELECT {quoted(table)}, count(DISTINCT block_id) FROM pragma_storage_info({quoted(table)}) WHERE block_id >= 0"
        for table in found
    )
    ((block,),) = connection.execute("SELECT block_size FROM pragma_database_size()").fetchall()
    taken = dict(connection.execute(blocks).fetchall())
    return {table: {"dagster/row_count": count, "bytes": taken[table] * block} for table, count in found.items()}
