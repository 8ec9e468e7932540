"""Fetching public extracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.commands.common import RawOption, load_settings, log, log_to_console, open_console, stop

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.fetch.trip import Item, Trip, Wanted
    from pipelines.settings import Settings

app = typer.Typer(help="Bring public extracts from their publishers into the raw folder.", no_args_is_help=True)

ForcesOption = Annotated[
    list[str] | None,
    typer.Option("--force", help="Force by its data.police.uk name, again for each, or `all`; else the home force."),
]
FromOption = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month.")]
SourceOption = Annotated[list[str] | None, typer.Option("--source", help="Only files of this source, again for each.")]


@app.command("list")
def list_(
    publication: Annotated[str | None, typer.Argument(help="A publication; its publisher is asked.")] = None,
    forces: ForcesOption = None,
    first: FromOption = None,
    last: ToOption = None,
    sources: SourceOption = None,
    raw: RawOption = None,
) -> None:
    """Name the publications, or say what the publisher of one has now, and whether it is held, changed or new."""
    from pipelines.fetch.fetch import look
    from pipelines.fetch.publishers import load_publishers

    settings, console = load_settings(raw), open_console()
    if publication is None:
        for name, known in load_publishers(settings.publishers_file).publications.items():
            console.print(f"{name}\n  {known.title}\n  feeds {', '.join(known.sources)}", highlight=False)
        return
    with _trip(settings, publication) as trip:
        for item in look(trip, _wanted(settings, trip, forces, first, last, sources)):
            _print(console, item)


@app.command()
def get(
    publications: Annotated[
        list[str], typer.Argument(metavar="PUBLICATION...", help="As `fpw fetch list` names them.")
    ],
    forces: ForcesOption = None,
    first: FromOption = None,
    last: ToOption = None,
    sources: SourceOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be fetched, and fetch nothing.")] = False,
    raw: RawOption = None,
) -> None:
    """Fetch what is new or changed at the publisher; what is held already is not fetched again."""
    from pipelines.fetch.fetch import get as fetch
    from pipelines.fetch.fetch import one_at_a_time
    from pipelines.fetch.publishers import FetchError, load_publishers
    from pipelines.ingest.discover import SAMPLE_MARKER

    settings, console = load_settings(raw), open_console()
    known = load_publishers(settings.publishers_file)
    for name in publications:
        known.pick(name)
    if not settings.raw_dir.is_dir():
        stop(f"The raw folder {settings.raw_dir} does not exist; check FPW_RAW_DIR or --raw, or mount it.")
    counts: Counter[str] = Counter()
    with one_at_a_time(settings.raw_dir):
        for name in publications:
            with _trip(settings, name) as trip:
                for path in trip.holdings.altered:
                    console.print(
                        f"{path} is not as it was fetched: its size differs from its sidecar.", soft_wrap=True
                    )
                try:
                    for item in fetch(trip, _wanted(settings, trip, forces, first, last, sources), dry_run=dry_run):
                        counts[item.state] += 1
                        if item.state != "held":
                            _print(console, item)
                except FetchError as error:
                    counts["failed"] += 1
                    console.print(f"failed    {name}: {error}", style="bold", markup=False, soft_wrap=True)
    done = "would be fetched" if dry_run else "fetched"
    console.print(
        f"{counts['new'] + counts['changed']:,} files {done}, {counts['changed']:,} of them changed since; "
        f"{counts['held']:,} are held as they are published; {counts['failed']:,} failed.",
        highlight=False,
    )
    if not dry_run and counts["new"] + counts["changed"]:
        console.print("Run `fpw refresh` to load them.")
        if (settings.raw_dir / "sample" / SAMPLE_MARKER).exists():
            console.print("The raw folder still holds the sample; delete raw/sample to be rid of synthetic records.")
    if counts["failed"]:
        raise typer.Exit(1)


@app.command()
def verify(raw: RawOption = None) -> None:
    """Hold every fetched file against the size and the hash in its sidecar."""
    from pipelines.fetch.sidecar import find_held

    settings, console = load_settings(raw), open_console()
    log_to_console()
    held = find_held(settings.raw_dir)
    log.info("Reading %d files (%.1f MB)", len(held), sum(one.sidecar.size_bytes for one in held) / 1e6)
    altered = [one for one in held if not (one.has_its_size and one.has_its_hash)]
    for one in altered:
        console.print(
            f"{one.path} is not as it was fetched on {one.sidecar.retrieved_at[:10]}; delete it and fetch it again.",
            soft_wrap=True,
            markup=False,
            highlight=False,
        )
    console.print(f"{len(held) - len(altered):,} of {len(held):,} fetched files are as they were fetched.")
    if altered:
        raise typer.Exit(1)


@contextmanager
def _trip(settings: Settings, name: str) -> Iterator[Trip]:
    from pipelines.fetch.client import Client
    from pipelines.fetch.progress import show_progress
    from pipelines.fetch.publishers import load_publishers
    from pipelines.fetch.trip import Trip

    publishers = load_publishers(settings.publishers_file)
    publishers.pick(name)
    with show_progress() as progress:
        log_to_console()  # inside, so that lines do not run into the bars
        yield Trip(settings, publishers, name, Client(publishers.client, settings.ca_bundle), progress)


def _wanted(
    settings: Settings,
    trip: Trip,
    forces: list[str] | None,
    first: str | None,
    last: str | None,
    sources: list[str] | None,
) -> Wanted:
    from pipelines.fetch.trip import Wanted
    from pipelines.periods import parse_month
    from pipelines.sources.forces import load_forces

    known = load_forces()
    if forces == ["all"]:
        forces = [name for name, force in known.items() if force.force_kind == "territorial"]
    forces = forces or [settings.force]
    if strange := [force for force in forces if force not in known]:
        stop(f"There is no force {strange[0]!r}; the names are in dbt_project/seeds/reference/force.csv.")
    if strange := [source for source in sources or [] if source not in trip.publication.sources]:
        stop(f"{trip.name} does not feed {strange[0]!r}; it feeds {', '.join(trip.publication.sources)}.")
    months = [parse_month(text) if text else None for text in (first, last)]
    for text, month in zip((first, last), months, strict=True):
        if text and month is None:
            stop(f"{text!r} is no month; write it as 2019-04.")
    if months[0] and months[1] and months[0] > months[1]:
        stop(f"--from {first} is later than --to {last}; exchange them.")
    return Wanted(tuple(dict.fromkeys(forces)), months[0], months[1], frozenset(sources or ()))


def _print(console: Console, item: Item) -> None:
    size = f"{item.size_bytes / 1e6:,.1f} MB" if item.size_bytes is not None else ""
    parts = [f"{item.state:<9} {item.name}", size, f"published {item.published}" if item.published else "", item.detail]
    console.print(", ".join(part for part in parts if part), highlight=False, markup=False, soft_wrap=True)
