"""The release that is kept, and the file that analysts open."""

from collections.abc import Sequence

import dagster as dg

from pipelines import __version__
from pipelines.operations.retry import worth_retrying
from pipelines.store.publish import publish
from pipelines.store.releases import write
from pipelines.store.warehouse import Warehouse

RELEASE_KEY = dg.AssetKey(["published", "release"])
PUBLISHED_KEY = dg.AssetKey(["published", "force_performance"])


def build_published_assets(marts: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The release and the published file. They stand behind all marts, so a failed check of severity error stops both."""

    @dg.asset(
        key=RELEASE_KEY,
        deps=list(marts),
        group_name="published",
        kinds={"parquet"},
        required_resource_keys={"warehouse"},
        description="warehouse/releases/<moment>/: the marts as Parquet with a manifest, written once and kept.",
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with worth_retrying():
            folder = write(context.resources.warehouse, run_id=context.run.run_id, code_version=__version__)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(folder)),
                "bytes": sum(path.stat().st_size for path in folder.rglob("*.parquet")),
            }
        )

    @dg.asset(
        key=PUBLISHED_KEY,
        deps=[RELEASE_KEY],
        group_name="published",
        kinds={"duckdb"},
        required_resource_keys={"warehouse"},
        description="warehouse/force_performance.duckdb: schemas marts and ops, replaced in one step when checks pass.",
    )
    def force_performance(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        warehouse: Warehouse = context.resources.warehouse
        with worth_retrying():
            rows = publish(warehouse)
        path = warehouse.settings.published_path
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "dagster/row_count": sum(rows.values()),
                "bytes": path.stat().st_size,
                "rows by table": dg.MetadataValue.json(rows),
            }
        )

    return [release, force_performance]
