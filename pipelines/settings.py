"""Typed settings. This module is the only reader of the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

PROJECT_DIR = Path(__file__).resolve().parents[1]
DBT_DIR = PROJECT_DIR / "dbt_project"
SEEDS_DIR = DBT_DIR / "seeds"


class Settings(BaseModel):
    """Everything that may differ between two installations.

    Each field is read from the environment variable `FPW_<FIELD>`; the command line overrides it.
    Sizes are in bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    raw_dir: Path = Field(PROJECT_DIR / "raw", description="Where raw extracts lie, in any folder below.")
    warehouse_dir: Path = Field(PROJECT_DIR / "warehouse", description="Build, published file and exports.")
    force: str = Field("west-midlands", description="Home force, by its data.police.uk name.")
    threads: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1)
    memory_limit: str = Field("2GB", description="DuckDB's memory limit, as 2GB.")
    max_file_bytes: int = Field(4 << 30, description="A larger file, or archive member, is refused.")
    max_compression_ratio: int = Field(200, description="An archive member that swells more is refused.")
    pseudonym_key_file: Path = Field(
        Path("~/.config/fpw/pseudonym.key"),
        description="Key of the pseudonyms; made on first use, outside the project.",
    )
    contact: str = Field("", description="Whom readers of a board pack ask; printed on its cover.")
    publishers_file: Path = Field(
        PROJECT_DIR / "pipelines" / "fetch" / "publishers.yaml", description="Where public extracts are published."
    )
    ca_bundle: Path | None = Field(None, description="Certificates to trust, in place of the built-in ones.")
    nightly_cron: str = Field("0 2 * * *", description="When the refresh runs by itself, as cron; London time.")
    notify_to: str = Field("", description="Who is mailed when a run fails or warns; addresses with commas between.")
    notify_from: str = Field("fpw@localhost", description="Sender of these mails.")
    smtp_host: str = Field("localhost", description="Mail server.")
    smtp_port: int = Field(25, description="Its port.")
    smtp_starttls: bool = Field(False, description="Whether to speak TLS to it.")
    smtp_user: str = Field("", description="Name to log in with; the password is FPW_SMTP_PASSWORD.")
    data_docs_url: str = Field(
        "http://127.0.0.1:3001", description="Where warehouse/data_docs is served, so that Dagster can link there."
    )
    load_batch_bytes: int = Field(512 << 20, description="How much raw text one transaction loads.")
    keep_days: int = Field(35, ge=1, description="All releases of so many days are kept.")
    keep_months: int = Field(
        24, ge=0, description="Of so many months the last release is kept; of each quarter for ever."
    )

    @field_validator("memory_limit")
    @classmethod
    def _is_a_size(cls, text: str) -> str:
        if not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", text):
            raise ValueError(f"{text!r} is no size of memory; write one as 2GB or 512MB")
        return text

    @field_validator("nightly_cron")
    @classmethod
    def _is_a_time(cls, text: str) -> str:
        if text == cls.model_fields["nightly_cron"].default:
            return text
        from dagster._utils.schedules import is_valid_cron_string  # takes 2 s

        if not is_valid_cron_string(text):
            raise ValueError(f"{text!r} is no time that cron knows; '30 1 * * *' is half past one every night")
        return text

    @property
    def build_path(self) -> Path:
        """The build database: one writer, can be deleted and rebuilt from the raw files."""
        return self.warehouse_dir / "build.duckdb"

    @property
    def published_path(self) -> Path:
        """The file that analysts open."""
        return self.warehouse_dir / "force_performance.duckdb"

    @property
    def releases_dir(self) -> Path:
        """Every release, a folder of Parquet files each; with the raw folder the truth."""
        return self.warehouse_dir / "releases"

    @property
    def parquet_dir(self) -> Path:
        """The published release as Parquet files: a link to its folder."""
        return self.warehouse_dir / "parquet"

    @property
    def exports_dir(self) -> Path:
        """What leaves the warehouse: board packs and public tables, each with a file that names its release."""
        return self.warehouse_dir / "exports"

    @property
    def spool_dir(self) -> Path:
        """Links and unpacked archive members on their way into the build database."""
        return self.warehouse_dir / "spool"

    @property
    def answers_dir(self) -> Path:
        """Answers to returns that break a rule."""
        return self.warehouse_dir / "answers"

    @property
    def data_docs_dir(self) -> Path:
        """What was checked and found, as pages for a browser."""
        return self.warehouse_dir / "data_docs"

    @property
    def arrivals_path(self) -> Path:
        """In which order extracts arrived, so that a rebuilt warehouse takes the same releases for current."""
        return self.warehouse_dir / "arrivals.csv"

    @property
    def dbt_target_dir(self) -> Path:
        """dbt's compiled manifest and run results."""
        return self.warehouse_dir / "dbt"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history, unless `DAGSTER_HOME` says otherwise."""
        return Path(os.environ.get("DAGSTER_HOME") or self.warehouse_dir / "dagster").absolute()

    @classmethod
    def load(cls, environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
        """Settings from `FPW_*` variables, overridden by the keyword arguments that are not None.

        Raises:
            pydantic.ValidationError: a value has the wrong type; the error names the field.
        """
        source = os.environ if environment is None else environment
        values: dict[str, object] = {
            name: source[f"FPW_{name.upper()}"] for name in cls.model_fields if source.get(f"FPW_{name.upper()}")
        }
        values.update({name: value for name, value in overrides.items() if value is not None})
        settings = cls.model_validate(values)
        return settings.model_copy(
            update={
                "raw_dir": settings.raw_dir.absolute(),
                "warehouse_dir": settings.warehouse_dir.absolute(),
                "pseudonym_key_file": settings.pseudonym_key_file.expanduser().absolute(),
                "ca_bundle": settings.ca_bundle and settings.ca_bundle.expanduser().absolute(),
            }
        )

    @staticmethod
    def secret(name: Literal["SMTP_PASSWORD", "WEBHOOK_URL", "DAGSTER_POSTGRES_URL"]) -> str | None:
        """A secret, from the environment variable `FPW_<name>` alone: never in a file, a default or a message."""
        return os.environ.get(f"FPW_{name}") or None

    def environment(self) -> dict[str, str]:
        """The variables through which a child process sees these settings."""
        return {f"FPW_{name.upper()}": str(value) for name, value in self.model_dump().items() if value is not None}

    def child_environment(self, **extra: str) -> dict[str, str]:
        """The whole environment for a child process: the present one, these settings, and `extra`."""
        return {**os.environ, **self.environment(), **extra}

    @staticmethod
    def export(variables: Mapping[str, str]) -> None:
        """Set variables for child processes that inherit this process's environment."""
        os.environ.update(variables)
