"""The fingerprint of a publication: the same while nothing is new, another with anything that could change a number."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.store import inputs
from pipelines.store.inputs import code_digest, fingerprint, published_as
from pipelines.store.warehouse import Warehouse

CHANGES = {
    "a new extract": "INSERT INTO ops.extract (extract_id, status) VALUES ('b', 'loaded')",
    "one that waits": "UPDATE ops.extract SET status = 'pending'",
    "one that is refused for another reason": "UPDATE ops.extract SET reason = 'Its header is unknown.'",
    "another order of arrival": "UPDATE ops.extract SET sequence = 2",
    "records that turn out to be synthetic": "UPDATE ops.extract SET is_sample = true",
    "one that is gone": "DELETE FROM ops.extract",
}


@pytest.fixture
def held(warehouse: Warehouse) -> Warehouse:
    """A warehouse with one extract."""
    with warehouse.connect() as connection:
        connection.execute(
            "INSERT INTO ops.extract (extract_id, status, sequence, is_sample) VALUES ('a', 'loaded', 1, false)"
        )
    return warehouse


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_the_register_changes_the_fingerprint(held: Warehouse, change: str) -> None:
    before = fingerprint(held)
    assert fingerprint(held) == before
    with held.connect() as connection:
        connection.execute(change)
    assert fingerprint(held) != before


def test_when_and_by_which_run_it_was_registered_changes_nothing(held: Warehouse) -> None:
    before = fingerprint(held)
    with held.connect() as connection:
        connection.execute("UPDATE ops.extract SET registered_at = now(), run_id = 'another'")
    assert fingerprint(held) == before


def test_the_home_force_changes_the_fingerprint(held: Warehouse) -> None:
    other = Warehouse(held.settings.model_copy(update={"force": "merseyside"}))
    assert fingerprint(other) != fingerprint(held)


def test_code_seeds_and_packages_change_the_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dbt_project" / "seeds").mkdir(parents=True)
    seed = tmp_path / "dbt_project" / "seeds" / "force.csv"
    seed.write_text("force\nkent\n")
    monkeypatch.setattr(inputs, "PROJECT_DIR", tmp_path)
    found = []
    for change in (
        lambda: None,
        lambda: seed.write_text("force\nessex\n"),
        lambda: seed.rename(seed.with_stem("area")),
    ):
        change()
        code_digest.cache_clear()
        found.append(code_digest())
    monkeypatch.setattr(inputs, "version", lambda name: "999")
    code_digest.cache_clear()
    found.append(code_digest())
    code_digest.cache_clear()
    assert len(set(found)) == 4


def test_a_file_that_does_not_say_what_it_was_made_of_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "published.duckdb"
    assert published_as(path) is None
    path.write_text("not a database")
    assert published_as(path) is None
    path.unlink()
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA ops; CREATE TABLE ops.release AS SELECT 'one' AS release_id")
    assert published_as(path) is None
