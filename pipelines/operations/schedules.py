"""What starts by itself, and when."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.board import build_board_schedule
from pipelines.settings import Settings

REFRESH = "refresh"
STANDING = "standing_checks"


def build_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """All schedules; each is on as soon as the daemon runs."""
    nightly = dg.ScheduleDefinition(
        name="nightly",
        job_name=REFRESH,
        cron_schedule=settings.nightly_cron,
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The refresh, every night at two unless FPW_NIGHTLY_CRON says otherwise.",
    )
    hourly = dg.ScheduleDefinition(
        name="standing",
        job_name=STANDING,
        cron_schedule="15 * * * *",
        execution_timezone="Europe/London",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The standing checks, every hour.",
    )
    return [nightly, hourly, build_board_schedule()]
