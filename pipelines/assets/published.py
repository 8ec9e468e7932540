"""The release that is kept, and the file that analysts open."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import dagster as dg

from pipelines.operations.retry import worth_retrying
from pipelines.store.inputs import code_version
from pipelines.store.publish import publish
from pipelines.store.releases import complete, lay_down, read_manifest
from pipelines.store.retention import remove_old
from pipelines.store.warehouse import Warehouse, WarehouseError

log = logging.getLogger("fpw.publish")

RELEASE_KEY = dg.AssetKey(["published", "release"])
PUBLISHED_KEY = dg.AssetKey(["published", "force_performance"])


def build_published_assets(marts: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The release and the published file. They stand behind all marts, so a failed check of severity error stops both."""

    @dg.multi_asset(
        group_name="published",
        specs=[
            dg.AssetSpec(
                RELEASE_KEY,
                deps=list(marts),
                kinds={"parquet"},
                description="warehouse/releases/<moment>/: marts and ops as Parquet with a manifest, written once and kept.",
            ),
            dg.AssetSpec(
                PUBLISHED_KEY,
                deps=[RELEASE_KEY],
                kinds={"duckdb"},
                description="warehouse/force_performance.duckdb: schemas marts and ops, replaced in one step when checks pass.",
            ),
        ],
        required_resource_keys={"warehouse"},
    )
    def publication(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        warehouse: Warehouse = context.resources.warehouse
        settings = warehouse.settings
        # Both read the same marts, and neither has work for two processors all the time.
        with worth_retrying(), ThreadPoolExecutor(1) as beside:
            complete(warehouse, run_id=context.run.run_id, code_version=code_version())
            release = beside.submit(lay_down, warehouse)
            rows = publish(warehouse, after=release.result)
        folder = release.result()
        manifest = read_manifest(folder)
        for table, facts in manifest["tables"].items():
            context.log_event(
                dg.AssetObservation(
                    ["marts", table],
                    metadata={
                        "dagster/row_count": facts["rows"],
                        "bytes": facts["bytes"],
                        "sha256": facts["sha256"],
                        "path": dg.MetadataValue.path(str(folder / "marts" / f"{table}.parquet")),
                    },
                )
            )
        yield dg.MaterializeResult(
            asset_key=RELEASE_KEY,
            metadata={
                "path": dg.MetadataValue.path(str(folder)),
                "bytes": sum(path.stat().st_size for path in folder.rglob("*.parquet")),
                "sha256 of its content": manifest["content_sha256"],
                "sha256 by table": dg.MetadataValue.json(
                    {table: facts["sha256"] for table, facts in manifest["tables"].items()}
                ),
            },
        )
        yield dg.MaterializeResult(
            asset_key=PUBLISHED_KEY,
            metadata={
                "path": dg.MetadataValue.path(str(settings.published_path)),
                "dagster/row_count": sum(rows.values()),
                "bytes": settings.published_path.stat().st_size,
                "rows by table": dg.MetadataValue.json(rows),
            },
        )
        try:
            remove_old(settings)
        except (OSError, WarehouseError) as error:
            log.warning("Old releases were not removed: %s", error)  # what is published is published

    return [publication]
