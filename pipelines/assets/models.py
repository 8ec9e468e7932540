"""The dbt project as Dagster assets: reference and staging first, the models after their checks."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from pipelines.assets.facts import sizes
from pipelines.checks.results import carry, record, results_from_dbt, tested_table
from pipelines.dbt_run import Build, Dbt, note_seeds, seeds_digest, seeds_loaded
from pipelines.settings import Settings
from pipelines.store.built import (
    BY_EXTRACT,
    added,
    digests,
    due,
    extracts_of,
    forget,
    name_of,
    note,
    noted,
    sources_behind,
)
from pipelines.store.releases import draft
from pipelines.store.warehouse import Warehouse

log = logging.getLogger("fpw.models")

SEEDS, SEED_SCHEMA = "resource_type:seed", "reference"
STEPS = {
    "dbt_staging": f"{SEEDS} fqn:fpw.staging",
    "dbt_marts": "fqn:fpw.intermediate fqn:fpw.measures fqn:fpw.marts",
}
"""The dbt runs of a refresh and what each builds; checks on staging stand between them."""
MARTS_STEP = "dbt_marts"
DRAFTED = [
    dg.AssetSpec(
        ["ops", "release"],
        group_name="ops",
        kinds={"python", "duckdb"},
        description="The release in hand, named before the marts are built.",
    ),
    dg.AssetSpec(
        ["history", "value"],
        group_name="ops",
        kinds={"python", "duckdb"},
        description="What the last release knew, laid out for the marts.",
    ),
]
"""What the second run prepares for its models."""


class SchemaKeys(DagsterDbtTranslator):
    """Asset keys are schema and table, so that a dbt source meets the raw asset that fills it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        schema = dbt_resource_props["schema"]
        return dg.AssetKey([schema, dbt_resource_props.get("alias") or dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])


def build_model_assets(manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """One multi-asset per dbt run of `STEPS`. The job must supply resources `warehouse` and `dbt`."""
    return [_step(manifest, name, select) for name, select in STEPS.items()]


def _step(manifest: Mapping[str, Any], name: str, select: str) -> dg.AssetsDefinition:
    translator = SchemaKeys(settings=DagsterDbtTranslatorSettings(enable_asset_checks=False))
    nodes = manifest["nodes"]
    tables = [node for node in nodes.values() if node["resource_type"] in ("model", "seed")]
    names = {translator.get_asset_key(node): node["name"] for node in tables}
    texts = {node["name"]: node["checksum"]["checksum"] for node in tables}
    members, of_seeds = _members(manifest, name)
    in_order = [key for key in _in_order(nodes) if key in {*members, *of_seeds}]

    @dbt_assets(
        manifest=manifest,
        select=select,
        name=name,
        dagster_dbt_translator=translator,
        required_resource_keys={"warehouse", "dbt"},
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        warehouse: Warehouse = context.resources.warehouse
        dbt: Dbt = context.resources.dbt
        keys = {names[key]: key for key in context.selected_asset_keys}
        digest = seeds_digest()
        are_seeds_new = SEEDS in select and not seeds_loaded(warehouse)
        if name == MARTS_STEP:
            release_id = draft(warehouse)
            facts = _facts(warehouse, {".".join(spec.key.path): spec.key for spec in DRAFTED}, {})
            for table, said in facts.items():
                context.log_event(dg.AssetMaterialization(table.split("."), metadata={**said, "release": release_id}))
        kept: list[str] = []
        with warehouse.connect() as connection:
            made_of = digests(connection, warehouse.settings, manifest)
            if context.is_subset:  # somebody asked for these, whatever is noted of them
                again = [key for key in members if nodes[key]["name"] in keys]
            else:
                again, kept = due(members, manifest, made_of, {} if are_seeds_new else noted(connection))
                kept = kept if are_seeds_new else of_seeds + kept
            extracts = _extracts(connection, warehouse.settings, manifest, again)
            new_extracts: dict[str, list[str]] = {}
            for table, those in extracts.items():
                new = None if context.is_subset else added(connection, table, those)
                if new is None:
                    connection.execute(f"DROP TABLE IF EXISTS {table}")
                else:
                    new_extracts[table.split(".")[1]] = new
                    log.info("%s: what %d new extracts bring is added to it", table, len(new))
            forget(connection, {name_of(nodes[key]) for key in again})
            tests = [(tested_table(nodes[key], nodes), nodes[key]["name"]) for key in kept if _is_test(nodes[key])]
            carry(connection, context.run.run_id, "dbt", tests)
        # A test with parents in both runs belongs to the later one.
        selected, indirect = select.split(), "cautious" if name == "dbt_staging" else "eager"
        if context.is_subset:
            selected = sorted(keys)
        elif kept:
            selected, indirect = [nodes[key]["name"] for key in again], "empty"
        built = Build({}, None)
        if selected:
            what = select.replace(SEEDS, "seeds," if are_seeds_new else "").replace("fqn:fpw.", "").strip()
            log.info("dbt builds %s: %d models and tests of %d", what, len(again), len(members))
            built = dbt.build(
                selected,
                indirect_selection=indirect,
                progress=lambda count: log.info("%s: %d models and seeds done, with their tests", name, count),
                new_extracts=new_extracts,
            )
        if built.statuses:
            with warehouse.connect() as connection:
                found = results_from_dbt(dbt.target / "run_results.json", manifest)
                record(connection, context.run.run_id, "dbt", found)
        done = {key for key, status in built.statuses.items() if status == "success"}
        unchanged = set() if built.failure else {*kept}
        facts = _facts(warehouse, keys, texts)
        # Dagster takes no asset before those it depends on.
        for key in in_order:
            node = nodes[key]["name"]
            if key in done | unchanged and node in keys:
                told = {"unchanged": True} if key in unchanged else {}
                yield dg.MaterializeResult(asset_key=keys.pop(node), metadata={**facts[node], **told})
        if built.failure:
            raise dg.Failure(built.failure)
        if missing := sorted(keys):
            raise dg.Failure(
                f"dbt did not build {', '.join(missing[:5])}{' and others' if missing[5:] else ''}, as if the project had "
                "changed while it ran; refresh again."
            )
        if are_seeds_new and not context.is_subset:
            note_seeds(warehouse, digest)
        if not context.is_subset:
            with warehouse.connect() as connection:
                built_well = [name_of(nodes[key]) for key in again if key in built.statuses]
                by_extract = {table: extracts[table] for table in built_well if table in extracts}
                note(connection, {name: made_of[name] for name in built_well}, by_extract)

    return models


def _extracts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, manifest: Mapping[str, Any], keys: Iterable[str]
) -> dict[str, dict[str, str]]:
    """The extracts behind each table, among nodes of dbt, that is added to, with their hashes."""
    nodes = manifest["nodes"]
    tables = [name_of(nodes[key]) for key in keys if nodes[key]["config"].get("meta", {}).get(BY_EXTRACT)]
    apart = digests(connection, settings, manifest, extracts=False) if tables else {}
    return {table: extracts_of(connection, sources_behind(table, manifest), apart[table]) for table in tables}


def _members(manifest: Mapping[str, Any], step: str) -> tuple[list[str], list[str]]:
    """Unique ids of the models and tests of a step, and of the seeds and their tests that belong to it."""
    nodes = manifest["nodes"]

    def layers(node: Mapping[str, Any]) -> set[str]:
        above = node["depends_on"]["nodes"] if _is_test(node) else [node["unique_id"]]
        return {nodes[key]["schema"] if key in nodes else "staging" for key in above}

    early: list[str] = []
    late: list[str] = []
    seeds: list[str] = []
    for key, node in nodes.items():
        if node["resource_type"] in ("model", "seed", "test"):
            found = layers(node)
            (seeds if found <= {SEED_SCHEMA} else early if found <= {SEED_SCHEMA, "staging"} else late).append(key)
    return (late, []) if step == MARTS_STEP else (early, seeds)


def _in_order(nodes: Mapping[str, Any]) -> Iterable[str]:
    return TopologicalSorter({key: node["depends_on"].get("nodes", []) for key, node in nodes.items()}).static_order()


def _is_test(node: Mapping[str, Any]) -> bool:
    return bool(node["resource_type"] == "test")


def _facts(
    warehouse: Warehouse, keys: Mapping[str, dg.AssetKey], texts: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Metadata of tables by name; `texts` are the hashes of the SQL, or of the rows of a seed, that made them."""
    with warehouse.connect(read_only=True) as connection:
        found = sizes(connection, {".".join(key.path) for key in keys.values()})
    return {
        name: found.get(".".join(key.path), {}) | ({"sha256 of its text": texts[name]} if name in texts else {})
        for name, key in keys.items()
    }
