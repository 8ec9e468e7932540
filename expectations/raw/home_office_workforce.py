"""Police workforce open data of the Home Office as read."""

from pipelines.checks.shared import lineage, unique, worded
from pipelines.checks.suite import Suite

SUITE = Suite(
    table="raw.home_office_workforce",
    description="Workforce by force, sex and rank as read: each once, with a kind of worker the models know.",
    expectations=(
        *lineage("home_office_workforce"),
        worded(
            "worker_type",
            (
                "police officer",
                "police staff",
                "police community support officer",
                "designated officer",
                "special constable",
                "police support volunteer",
            ),
            "The Home Office names a new kind of worker: decide in msr_official_count whether it is in the total.",
        ),
        unique(
            "rank_unique",
            ("snapshot_month", "area_code", "force_name", "sex", "rank", "worker_type"),
            "A rank of a force stands twice on a day and would be counted twice: look at the file.",
        ),
    ),
)
