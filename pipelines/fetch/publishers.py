"""Who publishes what, and where: the configuration of `fpw fetch`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.store.warehouse import WarehouseError

PUBLISHERS_FILE = Path(__file__).with_name("publishers.yaml")


class FetchError(WarehouseError):
    """Something could not be fetched; the message says what, and the mend."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClientOptions(_Part):
    """How publishers are asked; times in seconds."""

    interval_seconds: float = Field(1, ge=0, description="Least time between two requests to one host.")
    connect_seconds: float = Field(20, gt=0)
    stall_seconds: float = Field(60, gt=0, description="A download that brings nothing for so long is broken off.")
    tries: int = Field(6, ge=1, description="In a row without getting any further.")
    wait_seconds: float = Field(2, ge=0, description="Before the second try; doubled each time.")
    longest_wait_seconds: float = Field(300, ge=0, description="Longest pause a publisher may ask for.")


class File(_Part):
    """Files of one source: links of the pages whose file name fits `name`, or an `address` of its own.

    `name` may have a group `month` (YYYY-MM), `year` (YYYY) or `year_to_march` (YYYY), the time the file covers.
    `address` may have the fields {month}, {year} and {force}.
    """

    source: str
    name: Pattern | None = None
    address: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> File:
        if bool(self.name) == bool(self.address):
            raise ValueError(f"a file of {self.source} needs either name, a pattern of links, or address")
        return self


class Archive(_Part):
    """Zip archives, one a month, each with the files of many forces and months."""

    index: str = Field(description="Page that links to the archives.")
    name: Pattern = Field(description="File name of an archive, with the group `month`.")
    checksum: Pattern | None = Field(None, description="What a checksum beside a link looks like.")
    months: int = Field(ge=1, description="Months an archive holds, up to its own.")
    complete_until: str | None = Field(None, description="Archives up to this month hold all months before, too.")
    sources: tuple[str, ...]


class Form(_Part):
    """A form that starts a job, whose result is a zip archive of the files asked for."""

    address: str
    job: Pattern = Field(description="Finds the job's number in the address of the answer.")
    progress: str = Field(description="Address that tells how the job goes, with the field {job}.")
    poll_seconds: float = Field(5, ge=0)
    longest_seconds: float = Field(900, gt=0)
    switches: dict[str, str] = Field(description="Source -> the box of the form that asks for it.")


class Publication(_Part):
    """Files that are published together."""

    title: str
    home_page: str
    folder: str | None = Field(None, pattern=r"^[a-z0-9_]+$", description="Below the raw folder; else the name.")
    pages: tuple[str, ...] = ()
    follow: Pattern | None = Field(None, description="Paths of further pages that the pages link to.")
    files: tuple[File, ...] = ()
    archive: Archive | None = None
    form: Form | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Publication:
        if sum(map(bool, (self.files, self.archive, self.form))) != 1:
            raise ValueError("a publication has either files, or archive, or form")
        if not self.pages and any(file.name for file in self.files):
            raise ValueError("a file that is found by its name needs pages that link to it")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources of the warehouse that it feeds."""
        if self.archive:
            return self.archive.sources
        if self.form:
            return tuple(self.form.switches)
        return tuple(dict.fromkeys(file.source for file in self.files))


class Publishers(_Part):
    """The whole configuration."""

    client: ClientOptions = ClientOptions.model_validate({})
    licences: dict[str, str] = Field({}, description="Name of a licence, as in the contracts -> its address.")
    publications: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Publication]

    def pick(self, name: str) -> Publication:
        """The publication of that name.

        Raises:
            FetchError: there is none.
        """
        if name not in self.publications:
            raise FetchError(f"There is no publication {name!r}; `fpw fetch list` names them.")
        return self.publications[name]

    def folder(self, name: str) -> str:
        """Folder of a publication below the raw folder."""
        return self.publications[name].folder or name


def load_publishers(path: Path) -> Publishers:
    """The configuration in a YAML file.

    Raises:
        FetchError: the file is missing or not valid; the message names the file and the place.
    """
    try:
        return Publishers.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise FetchError(f"{path} cannot be read ({error.strerror}); check FPW_PUBLISHERS_FILE.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FetchError(f"{path} is not valid YAML ({' '.join(str(error).split())}); correct it.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise FetchError(f"{path} is not valid ({place}: {first['msg']}); correct it.") from error
