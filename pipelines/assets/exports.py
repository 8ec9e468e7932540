"""The public tables: what of the newest release may leave the building."""

from typing import Any

import dagster as dg

from pipelines.assets.published import RELEASE_KEY
from pipelines.settings import Settings

EXPORT = "export"
GROUP = "exports"


def build_export_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The export of the newest release, checked by the suites of expectations/exports before it is written."""

    @dg.asset(
        key=["exports", "public"],
        deps=[RELEASE_KEY],
        group_name=GROUP,
        kinds={"parquet", "csv"},
        description="warehouse/exports/public/<release>/: the tables that may leave the building, with small numbers "
        "and all that would give them away suppressed. Written only if its checks pass.",
    )
    def public() -> dg.MaterializeResult[None]:
        from pipelines.disclosure import export_release
        from pipelines.store.releases import find_release

        exported = export_release(settings, find_release(settings.releases_dir))
        said = exported.manifest
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(exported.folder)),
                "dagster/row_count": sum(table["rows"] for table in said["tables"].values()),
                "values suppressed": sum(said["rows_hidden"].values()),
                "small numbers": said["numbers"]["small"],
                "without tier": dg.MetadataValue.json(said["without_tier"]),
                "checks": dg.MetadataValue.json(said["checks"]),
            }
        )

    return [public]


def build_export_job() -> Any:
    """A job of its own: what leaves is asked for, and is no part of the nightly refresh."""
    return dg.define_asset_job(
        EXPORT,
        selection=dg.AssetSelection.groups(GROUP),
        executor_def=dg.in_process_executor,
        description="The public tables of the newest release.",
    )
