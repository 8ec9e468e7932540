"""Raw files to raw tables: the register, and one asset per contract."""

import logging
from collections.abc import Iterable, Iterator

import dagster as dg

from pipelines.checks.generated import lateness_is_told
from pipelines.ingest.load import load
from pipelines.ingest.register import register
from pipelines.operations.retry import worth_retrying
from pipelines.sources.contract import Contract
from pipelines.store.built import forget
from pipelines.store.inputs import fingerprint, published_as
from pipelines.store.releases import check_clock, newest
from pipelines.store.warehouse import Warehouse

log = logging.getLogger("fpw.register")

EXTRACT_KEY = dg.AssetKey(["ops", "extract"])
ANEW = "fpw/anew"
"""Tag of a run that builds and publishes also when nothing is new."""
NOTHING_NEW = "nothing new since release"


def raw_key(contract: Contract) -> dg.AssetKey:
    """Key of the raw asset of a source; dbt's sources have the same keys."""
    return dg.AssetKey(["raw", contract.name])


def build_raw_assets(contracts: dict[str, Contract]) -> list[dg.AssetsDefinition]:
    """The register, and a raw table for every contract."""
    return [_register_asset(contracts), *(_raw_asset(contract) for contract in contracts.values())]


def _register_asset(contracts: dict[str, Contract]) -> dg.AssetsDefinition:
    @dg.asset(
        key=EXTRACT_KEY,
        group_name="ops",
        kinds={"python", "duckdb"},
        required_resource_keys={"warehouse", "dbt", "check_pool"},
        description="Register of every raw file ever seen: what it is, and whether it was loaded or refused and why. "
        "When all is as it was published, the run ends here; a run with the tag fpw/anew goes on.",
        output_required=False,
    )
    def extract(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        warehouse: Warehouse = context.resources.warehouse
        check_clock(newest(warehouse.settings.releases_dir))
        with worth_retrying():
            warehouse.create_tables(contracts.values())
            report = register(warehouse.settings, warehouse, contracts, context.run.run_id)
        if ANEW in context.run.tags:
            with warehouse.connect() as connection:
                forget(connection)
        published = published_as(warehouse.settings.published_path)
        with warehouse.connect(read_only=True) as connection:
            is_told = lateness_is_told(connection, contracts)  # a source may be late although nothing came
        if ANEW not in context.run.tags and is_told and published and published[1] == fingerprint(warehouse):
            log.info("Nothing is new since release %s: nothing to do", published[0])
            context.log_event(dg.AssetObservation(EXTRACT_KEY, metadata={NOTHING_NEW: published[0]}))
            return
        for beside in (context.resources.dbt, context.resources.check_pool):
            beside.start()  # they load themselves while files are loaded
        yield dg.MaterializeResult(
            metadata={
                "files found": report.files_found,
                "files read": report.files_read,
                "new extracts": report.new_extracts,
                "refused": report.refused,
                "withdrawn": report.withdrawn,
                "missing": report.missing,
                "left for the next run": report.left,
            }
        )

    return extract


def _raw_asset(contract: Contract) -> dg.AssetsDefinition:
    @dg.asset(
        key=raw_key(contract),
        deps=[EXTRACT_KEY],
        group_name="raw",
        kinds={*(contract.layout.formats if contract.layout else ("csv",)), "duckdb"},
        required_resource_keys={"warehouse"},
        description=_description(contract),
        metadata={"dagster/table_name": contract.table, "contract": f"pipelines/sources/{contract.name}.yaml"},
        tags={"cadence": contract.cadence, "sensitivity": contract.sensitivity},
    )
    def raw(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        warehouse: Warehouse = context.resources.warehouse
        with worth_retrying(), warehouse.connect() as connection:  # held meanwhile: to open a large file takes its time
            report = load(warehouse.settings, warehouse, contract, context.run.run_id)
            total = connection.execute(f"SELECT count(*) FROM {contract.table}").fetchall()[0][0]
            size, digest = connection.execute(
                "SELECT coalesce(sum(size_bytes), 0), sha256(coalesce(string_agg(sha256, ' ' ORDER BY sha256), '')) "
                "FROM ops.extract WHERE source = ? AND status = 'loaded'",
                [contract.name],
            ).fetchall()[0]
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": total,
                "bytes of its extracts": size,
                "sha256 over its extracts": digest,
                "extracts loaded": report.extracts_loaded,
                "extracts superseded": report.extracts_superseded,
                "extracts refused": report.extracts_refused,
                "extracts left for the next run": report.extracts_left,
                "rows read": report.rows_read,
                "rows loaded": report.rows_loaded,
                "rows quarantined": report.rows_quarantined,
            }
        )

    return raw


def _description(contract: Contract) -> str:
    facts: Iterable[tuple[str, str]] = (
        ("Publisher", contract.publisher),
        ("Licence", contract.licence),
        ("One row", contract.grain),
    )
    return contract.description + "\n\n" + "\n".join(f"- {name}: {value}" for name, value in facts)
