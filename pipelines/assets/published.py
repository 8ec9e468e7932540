"""The file that analysts open."""

from collections.abc import Sequence

import dagster as dg

from pipelines import __version__
from pipelines.store.publish import publish
from pipelines.store.warehouse import Warehouse

PUBLISHED_KEY = dg.AssetKey(["published", "force_performance"])


def build_published_asset(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published file; it stands behind all marts, so a failed check of severity error keeps it as it is."""

    @dg.asset(
        key=PUBLISHED_KEY,
        deps=list(marts),
        group_name="published",
        kinds={"duckdb"},
        required_resource_keys={"warehouse"},
        description="warehouse/force_performance.duckdb: schemas marts and ops, replaced in one step when checks pass.",
    )
    def force_performance(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        warehouse: Warehouse = context.resources.warehouse
        rows = publish(warehouse, run_id=context.run.run_id, code_version=__version__)
        path = warehouse.settings.published_path
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(path)),
                "dagster/row_count": sum(rows.values()),
                "bytes": path.stat().st_size,
                "rows by table": dg.MetadataValue.json(rows),
            }
        )

    return force_performance
