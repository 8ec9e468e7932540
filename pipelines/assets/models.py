"""The dbt project as Dagster assets: reference and staging first, the models after their checks."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from pipelines.assets.facts import sizes
from pipelines.checks.results import record, results_from_dbt
from pipelines.dbt_run import Dbt, note_seeds, seeds_digest, seeds_loaded
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
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")]
    names = {translator.get_asset_key(node): node["name"] for node in nodes}
    texts = {node["name"]: node["checksum"]["checksum"] for node in nodes}

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
        log.info("dbt builds %s", select.replace("resource_type:seed", "seeds,").replace("fqn:fpw.", ""))
        keys = {names[key]: key for key in context.selected_asset_keys}
        selected = sorted(keys) if context.is_subset else select.split()
        digest = seeds_digest()
        if SEEDS in selected and seeds_loaded(warehouse):
            selected.remove(SEEDS)
            seeds = [name for name, key in keys.items() if key.path[0] == SEED_SCHEMA]
            facts = _facts(warehouse, {seed: keys[seed] for seed in seeds}, texts)
            for seed in seeds:
                yield dg.MaterializeResult(asset_key=keys.pop(seed), metadata={**facts[seed], "unchanged": True})
        if name == MARTS_STEP:
            release_id = draft(warehouse)
            facts = _facts(warehouse, {".".join(spec.key.path): spec.key for spec in DRAFTED}, {})
            for table, said in facts.items():
                context.log_event(dg.AssetMaterialization(table.split("."), metadata={**said, "release": release_id}))
        built = dbt.build(
            selected,
            # A test with parents in both runs belongs to the later one.
            indirect_selection="cautious" if name == "dbt_staging" else "eager",
            progress=lambda count: log.info("%s: %d models and seeds done, with their tests", name, count),
        )
        if built.statuses:
            with warehouse.connect() as connection:
                found = results_from_dbt(dbt.target / "run_results.json", manifest)
                record(connection, context.run.run_id, "dbt", found)
        # In the order in which they were built, as Dagster takes no asset before those it depends on.
        succeeded = [unique_id.split(".")[2] for unique_id, status in built.statuses.items() if status == "success"]
        done = [node for node in succeeded if node in keys]
        facts = _facts(warehouse, {node: keys[node] for node in done}, texts)
        for node in done:
            yield dg.MaterializeResult(asset_key=keys[node], metadata=facts[node])
        if built.failure:
            raise dg.Failure(built.failure)
        if missing := sorted(keys.keys() - set(done)):
            raise dg.Failure(
                f"dbt did not build {', '.join(missing[:5])}{' and others' if missing[5:] else ''}, as if the project had "
                "changed while it ran; refresh again."
            )
        if SEEDS in selected:
            note_seeds(warehouse, digest)

    return models


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
