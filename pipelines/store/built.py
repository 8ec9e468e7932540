"""What the tables of the build database are made of, so that a night builds and checks again only what has changed.

Everything that is built, tested or checked has a hash of all it is made of: the code with its seeds and packages, the
machine, the home force, and the extracts behind it. A hash is noted when the work is done and forgotten before it is done again; what
has the hash that was noted is as building it again would make it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Set
from graphlib import TopologicalSorter
from typing import Any

import duckdb

from pipelines.settings import Settings
from pipelines.store.inputs import code_digest, recipe

REGISTER = "ops.extract"
_RELEASE = ("ops.release", "history.value")
"""What is new in every run that builds."""
BY_SOURCE = "by_source"
"""Meta of a model whose rows are of one source each, and made of the extracts of that source alone, as the register's are."""
BY_EXTRACT = "by_extract"
"""Meta of a model that keeps what it made of extracts before, and adds to it what is made of new ones."""
_BUILT = ("model", "seed", "test")


def digests(
    connection: duckdb.DuckDBPyConnection, settings: Settings, manifest: Mapping[str, Any], *, extracts: bool = True
) -> dict[str, str]:
    """Hash of all that a table (by its name, `marts.dim_area`) or a test of dbt (by its unique id) is made of; without
    `extracts`, of all but the extracts."""
    made_with = recipe(settings)
    code = _hash([code_digest(), settings.force, repr(made_with["packages"]), made_with["machine"]])
    register: dict[str, str] = dict(
        connection.execute(
            f"""
            SELECT coalesce(source, ''), sha256(string_agg(CAST(line AS VARCHAR), chr(10) ORDER BY extract_id))
            FROM {REGISTER} AS line WHERE ? GROUP BY ALL ORDER BY ALL
            """,
            [extracts],
        ).fetchall()
    )
    release = repr(connection.execute("SELECT release_id FROM ops.release").fetchall())

    def of_source(table: str) -> str:
        schema, name = table.split(".")
        if schema == "raw":
            return register.get(name, "")
        if table == REGISTER:
            return _hash(f"{source} {digest}" for source, digest in register.items())
        return release if table in _RELEASE else secrets.token_hex()  # nobody knows, so it counts as new

    names = {key: name_of(node) for key, node in (manifest["sources"] | manifest["nodes"]).items()}
    found = {names[key]: _hash([code, of_source(names[key])]) for key in manifest["sources"]}
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in _BUILT}
    parents = {key: node["depends_on"].get("nodes", []) for key, node in nodes.items()}

    def is_by_source(key: str) -> bool:
        return names[key] == REGISTER or bool(nodes.get(key, {}).get("config", {}).get("meta", {}).get(BY_SOURCE))

    def of_parent(key: str, read: Iterable[str] | None) -> str:
        """The hash of a parent, or of what is read of it where that is the rows of some sources alone."""
        if read is None or not is_by_source(key):
            return found[names[key]]
        if names[key] == REGISTER:
            return _hash(f"{source} {register.get(source, '')}" for source in sorted(read))
        return _hash([code, *(of_parent(above, read) for above in parents[key])])

    for key in TopologicalSorter(parents).static_order():
        if key in nodes:
            sql = str(nodes[key].get("raw_code") or "")
            above = sorted(parents[key])
            found[names[key]] = _hash([code, key, *(of_parent(each, sources_read(sql, names[each])) for each in above)])
    return found


def name_of(node: Mapping[str, Any]) -> str:
    """The table of a node or source of dbt's manifest, with its schema; of a test its unique id."""
    if node["resource_type"] in ("model", "seed"):
        return f"{node['schema']}.{node['alias']}"
    return f"{node['source_name']}.{node['name']}" if node["resource_type"] == "source" else str(node["unique_id"])


_CALL = re.compile(r"\bfrom\s+\{\{\s*(?:ref\('(?P<model>\w+)'\)|source\('\w+', '(?P<table>\w+)'\))\s*\}\}")
_FILTER = re.compile(r"\s+where\s+source (?:= (?P<one>'\w+')|in \((?P<several>[^()]+)\))(?P<rest>[^()]*)\)")


def sources_read(sql: str, table: str) -> list[str] | None:
    """The sources whose rows a model reads of a table with a column `source`; None for all, or where it cannot be told.

    It can where every mention of the table ends a common table expression with `where source = 'x'`, or
    `in ('x', 'y')`, and what follows narrows it further.
    """
    name = table.rsplit(".", 1)[1]
    calls = [call for call in _CALL.finditer(sql) if name in (call["model"], call["table"])]
    if len(calls) != len(re.findall(rf"['\"]{name}['\"]", sql)):
        return None
    read: list[str] = []
    for call in calls:
        kept = _FILTER.match(sql, call.end())
        if kept is None or re.search(r"\b(or|union|join)\b|\{", kept["rest"]):
            return None
        read += re.findall(r"'(\w+)'", kept["one"] or kept["several"])
    return read or None


_NAMED = re.compile(r"\b(?:raw|staging|reference|intermediate|measures|marts|ops|history)\.\w+")


def digest_of_checks(table: str, sql: Iterable[str], found: Mapping[str, str]) -> str:
    """Hash of all that checks of a table, whose queries are `sql`, look at; `found` is what `digests` says."""
    named = {table, *_NAMED.findall(" ".join(sql))}
    if table.split(".")[0] in ("raw", "staging"):
        named.discard(REGISTER)  # its own lines alone, which are part of what the table is made of
    return _hash(found.get(name) or secrets.token_hex() for name in sorted(named))


def checks_of(table: str) -> str:
    """The name under which the checks of a table are noted."""
    return f"checks of {table}"


def source_of(table: str) -> str:
    """The source of a table of raw or staging."""
    return table.split(".")[1].removeprefix("stg_")


def extracts_of(connection: duckdb.DuckDBPyConnection, sources: Iterable[str], digest: str) -> dict[str, str]:
    """Of each loaded extract of some sources, by its id, the hash of what is made of it with all that `digest` stands for."""
    lines = connection.execute(
        f"""
        SELECT extract_id, CAST(line AS VARCHAR) FROM {REGISTER} AS line
        WHERE status = 'loaded' AND source IN (SELECT unnest(?::VARCHAR[]))
        """,
        [sorted(sources)],
    ).fetchall()
    return {extract: _hash([digest, line]) for extract, line in lines}


def sources_behind(table: str, manifest: Mapping[str, Any]) -> set[str]:
    """The sources whose extracts a table is made of. Raises ValueError when it is made of another table that no seed is."""
    every = manifest["sources"] | manifest["nodes"]
    found: set[str] = set()
    above = [node for node in every.values() if name_of(node) == table]
    while above:
        node = above.pop()
        if node["resource_type"] == "source":
            if node["source_name"] != "raw":
                raise ValueError(f"Model {table} reads {name_of(node)}, so take meta {BY_EXTRACT} away from it.")
            found.add(node["name"])
        above += [every[key] for key in node.get("depends_on", {}).get("nodes", [])]
    return found


def due(
    keys: Iterable[str], manifest: Mapping[str, Any], found: Mapping[str, str], known: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Nodes of dbt (by unique id) that are to be built or tested again, and those that need not be; parents first.

    `found` is what `digests` says and `known` what is noted. What stands on a node of which nothing is noted is built
    again with it.
    """
    nodes, wanted = manifest["nodes"], set(keys)
    again: set[str] = set()
    unknown: set[str] = set()
    in_order = TopologicalSorter({key: nodes[key]["depends_on"].get("nodes", []) for key in wanted}).static_order()
    ordered = [key for key in in_order if key in wanted]
    for key in ordered:
        name = name_of(nodes[key])
        if name not in known or not unknown.isdisjoint(nodes[key]["depends_on"].get("nodes", [])):
            unknown.add(key)
        if key in unknown or known[name] != found[name]:
            again.add(key)
    return [key for key in ordered if key in again], [key for key in ordered if key not in again]


def noted(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What is noted, by name, of all that is still there."""
    _create(connection)
    there = {
        name
        for (name,) in connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database() "
            "UNION ALL SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE database_name = current_database()"
        ).fetchall()
    }
    found = dict(connection.execute("SELECT name, digest FROM history.built").fetchall())
    return {name: digest for name, digest in found.items() if name in there or not _NAMED.fullmatch(name)}


def forget(connection: duckdb.DuckDBPyConnection, names: Set[str] | None = None) -> None:
    """Forget what is about to be done again; all of it when no names are given."""
    _create(connection)
    for table in ("history.built", "history.built_from"):
        if names is None:
            connection.execute(f"DELETE FROM {table}")
        else:
            connection.execute(f"DELETE FROM {table} WHERE name IN (SELECT unnest(?::VARCHAR[]))", [sorted(names)])


def noted_extracts(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, str]:
    """The extracts that a thing was made of when it was noted, with their hashes; empty when that is not noted."""
    _create(connection)
    return dict(
        connection.execute("SELECT extract_id, digest FROM history.built_from WHERE name = ?", [name]).fetchall()
    )


def added(connection: duckdb.DuckDBPyConnection, name: str, extracts: Mapping[str, str]) -> list[str] | None:
    """The extracts that are to be added to a table made of others before; None when it is to be built anew: nothing is
    noted of it, one of those others is gone or changed, or most are new."""
    known = noted_extracts(connection, name) if name in noted(connection) else {}
    new = sorted(extracts.keys() - known.keys())
    is_kept = all(extracts.get(key) == digest for key, digest in known.items())
    return new if known and is_kept and len(new) <= len(known) else None


def note(
    connection: duckdb.DuckDBPyConnection,
    done: Mapping[str, str],
    extracts: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Note what has been done, and the hash of what it is made of; of what can be done extract by extract also the
    extracts, as `extracts_of` tells them."""
    forget(connection, done.keys())
    connection.execute(
        "INSERT INTO history.built SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", [list(done), list(done.values())]
    )
    for name, made_of in (extracts or {}).items():
        connection.execute(
            "INSERT INTO history.built_from SELECT ?, unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
            [name, list(made_of), list(made_of.values())],
        )


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS history")
    connection.execute("CREATE TABLE IF NOT EXISTS history.built (name VARCHAR, digest VARCHAR)")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS history.built_from (name VARCHAR, extract_id VARCHAR, digest VARCHAR)"
    )


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
