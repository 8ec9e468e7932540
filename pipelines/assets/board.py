"""The board pack: one partition for each financial quarter."""

import datetime as dt
from typing import Any, Literal

import dagster as dg
import yaml

from pipelines.assets.published import RELEASE_KEY
from pipelines.board.pack import PROVENANCE, make_pack
from pipelines.periods import Quarter, quarters
from pipelines.settings import DBT_DIR, Settings

BOARD_PACK = "board_pack"
GROUP = "board"


class PackConfig(dg.Config):
    """Which pack of the quarter; the defaults are those of `fpw board`."""

    plan: str | None = None
    edition: Literal["internal", "public"] = "internal"
    release: str | None = None
    as_of: str | None = None


def build_board_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """The pack of each quarter of the calendar."""

    @dg.asset(
        key=["exports", BOARD_PACK],
        deps=[RELEASE_KEY],
        group_name=GROUP,
        kinds={"excel", "pdf"},
        partitions_def=dg.StaticPartitionsDefinition([quarter.name for quarter in _calendar()]),
        description="warehouse/exports/<plan>/<quarter>/<edition>/: a quarter's performance against a plan, for the "
        "board, made from a release. Its sections are the dbt exposures whose names begin with board_.",
    )
    def board_pack(context: dg.AssetExecutionContext, config: PackConfig) -> dg.MaterializeResult[None]:
        folder = make_pack(
            settings,
            quarter=context.partition_key,
            plan=config.plan,
            edition=config.edition,
            release_id=config.release,
            as_of=config.as_of,
        )
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(folder)),
                "provenance": dg.MetadataValue.path(str(folder / PROVENANCE)),
                "bytes": sum(path.stat().st_size for path in folder.iterdir()),
            }
        )

    return [board_pack]


def build_board_job() -> Any:
    """A job of its own: a pack is asked for, and is no part of the nightly refresh."""
    return dg.define_asset_job(
        BOARD_PACK,
        selection=dg.AssetSelection.groups(GROUP),
        executor_def=dg.in_process_executor,
        description="The board pack of a quarter, from a release.",
    )


def build_board_schedule() -> dg.ScheduleDefinition:
    """The pack of the quarter that ended last, when most of its figures are in."""

    @dg.schedule(
        name="quarterly_board_pack",
        job_name=BOARD_PACK,
        cron_schedule="0 3 20 1,4,7,10 *",
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The board pack of the quarter that ended last, on the 20th of January, April, July and October at "
        "three, from the newest release.",
    )
    def quarterly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        quarter = last_quarter(context.scheduled_execution_time.date())
        return dg.RunRequest(run_key=quarter.name, partition_key=quarter.name)

    return quarterly


def last_quarter(day: dt.date) -> Quarter:
    """The last quarter that ended before this day."""
    return [quarter for quarter in _calendar() if quarter.end < day][-1]


def _calendar() -> list[Quarter]:
    """The quarters that the project's calendar covers."""
    variables = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return quarters(variables["calendar_start"], variables["calendar_end"])
