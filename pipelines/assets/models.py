"""The dbt project as Dagster assets: reference and staging first, the models after their checks."""

import hashlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version

from pipelines.checks.results import record, results_from_dbt
from pipelines.settings import DBT_DIR, Settings
from pipelines.store.warehouse import Warehouse, WarehouseError

log = logging.getLogger("fpw.models")

DBT_EXECUTABLE = str(Path(sys.executable).with_name("dbt"))
STEPS = {
    "dbt_staging": "resource_type:seed fqn:fpw.staging",
    "dbt_marts": "fqn:fpw.intermediate fqn:fpw.measures fqn:fpw.marts",
}
"""The dbt runs of a refresh and what each builds; checks on staging stand between them."""


class ModelError(WarehouseError):
    """The dbt project cannot be parsed; the message carries dbt's own words."""


class SchemaKeys(DagsterDbtTranslator):
    """Asset keys are schema and name, so that a dbt source meets the raw asset that fills it."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        schema = dbt_resource_props["schema"]
        return dg.AssetKey([schema, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return str(dbt_resource_props["schema"])


class OfflineDbt(DbtCliResource):
    """dbt as a separate process, and nothing else.

    dagster-dbt would first run `dbt --version`, which asks the network for newer releases, and set up dbt's adapter
    within this process, which costs seconds and would hold the build database.
    """

    @property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that dbt_project/profiles.yml reads."""
    return {
        "FPW_BUILD_DB": str(settings.build_path),
        "FPW_DBT_THREADS": str(settings.threads),
        "FPW_DUCKDB_MEMORY": settings.memory_limit,
        "DO_NOT_TRACK": "1",
    }


def dbt_arguments(settings: Settings) -> list[str]:
    """What every dbt command of this project is called with."""
    return ["--vars", f"{{home_force: {settings.force}}}"]


def ensure_manifest(settings: Settings) -> Path:
    """The dbt manifest, parsed anew only when a file of the project or a setting changed.

    Raises:
        ModelError: dbt cannot parse the project.
    """
    target = settings.dbt_target_dir
    manifest, stamp = target / "manifest.json", target / "manifest.stamp"
    digest = hashlib.sha256(repr((dbt_environment(settings), dbt_arguments(settings))).encode())
    for path in sorted(DBT_DIR.rglob("*")):
        if path.suffix in {".sql", ".yml", ".csv"}:
            digest.update(str(path.relative_to(DBT_DIR)).encode() + path.read_bytes())
    if manifest.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return manifest
    log.info("Parsing the dbt project")
    target.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(DBT_EXECUTABLE, "--quiet", "parse", *dbt_arguments(settings)),
            *("--project-dir", str(DBT_DIR), "--profiles-dir", str(DBT_DIR)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        env=settings.child_environment(**dbt_environment(settings)),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ModelError(f"dbt cannot parse {DBT_DIR.name}:\n{done.stdout}{done.stderr}")
    stamp.write_text(digest.hexdigest())
    return manifest


def build_model_assets(settings: Settings, manifest: Path) -> list[dg.AssetsDefinition]:
    """One multi-asset per dbt run of `STEPS`."""
    return [_step(settings, manifest, name, select) for name, select in STEPS.items()]


def build_dbt_resource(settings: Settings) -> DbtCliResource:
    """The resource through which the model assets run dbt."""
    settings.export(dbt_environment(settings))
    return OfflineDbt(project_dir=str(DBT_DIR), profiles_dir=str(DBT_DIR), dbt_executable=DBT_EXECUTABLE)


def _step(settings: Settings, manifest: Path, name: str, select: str) -> dg.AssetsDefinition:
    @dbt_assets(
        manifest=manifest,
        select=select,
        name=name,
        dagster_dbt_translator=SchemaKeys(settings=DagsterDbtTranslatorSettings(enable_asset_checks=False)),
        required_resource_keys={"warehouse", "dbt"},
    )
    def models(context: dg.AssetExecutionContext) -> Iterator[Any]:
        warehouse: Warehouse = context.resources.warehouse
        dbt: DbtCliResource = context.resources.dbt
        log.info("dbt builds %s", select.replace("resource_type:seed", "seeds,").replace("fqn:fpw.", ""))
        target = settings.dbt_target_dir  # shared, so that no run parses the project again
        (target / "run_results.json").unlink(missing_ok=True)
        # A test with parents in both runs belongs to the later one.
        selection = "cautious" if name == "dbt_staging" else "eager"
        invocation = dbt.cli(
            [
                *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", selection),
                *dbt_arguments(settings),
            ],
            context=context,
            target_path=target,
        )
        said = time.monotonic()
        try:
            for count, event in enumerate(invocation.stream(), start=1):
                # Results of dbt's tests stand in ops.check_result; as events they would only slow the run.
                if not isinstance(event, dg.AssetObservation):
                    yield event
                if time.monotonic() - said > 2:
                    said = time.monotonic()
                    log.info("%s: %d models, seeds and tests done", name, count)
        except DagsterDbtCliRuntimeError as error:
            raise dg.Failure(_what_failed(target)) from error
        finally:
            if invocation.process.poll() is None:
                invocation.process.terminate()
                invocation.process.wait()
            _record(warehouse, target, context.run.run_id)

    return models


def _record(warehouse: Warehouse, target: Path, run_id: str) -> None:
    results = target / "run_results.json"
    if not results.exists():
        return
    with warehouse.connect() as connection:
        for table, found in results_from_dbt(results, target / "manifest.json").items():
            record(connection, run_id, table.split(".")[0], table, "dbt", found)


def _what_failed(target: Path) -> str:
    """The first node that failed, in dbt's words, and how many did."""
    results = target / "run_results.json"
    failed = []
    if results.exists():
        failed = [
            f"{result['unique_id'].split('.')[2]} ({' '.join(str(result['message']).split())})"
            for result in json.loads(results.read_text(encoding="utf-8"))["results"]
            if result["status"] in ("error", "fail", "runtime error")
        ]
    if not failed:
        return f"dbt did not finish; its log is {target / 'dbt.log'}."
    more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
    return f"dbt failed on {failed[0]}{more}; the whole log is {target / 'dbt.log'}."
