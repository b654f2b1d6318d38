"""What describes a database: the files of a snapshot, dumps, statistics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from advisor.catalog.snapshot import load_snapshot, redacted, save_snapshot, snapshot_from_files
from advisor.twin.restoring.dump import statements
from benchmarks.fuzz.structures import cells_changed, json_changed, tokens_changed
from benchmarks.fuzz.target import SEEDS, Place, Target, seeds

FILES = ("schema.sql", "statistics.jsonl", "settings.json", "snapshot.json", "statements.csv")


def snapshot_with(name: str) -> Callable[[bytes, Place], None]:
    """Return what loads, redacts and saves the recorded snapshot with one of its files replaced."""

    def run(data: bytes, place: Place) -> None:
        folder = place.folder / "snapshot"
        folder.mkdir(exist_ok=True)
        for file in FILES:
            (folder / file).write_bytes(data if file == name else (SEEDS / "snapshot" / file).read_bytes())
        loaded = load_snapshot(folder)
        save_snapshot(redacted(loaded), place.folder / "again")
        list(statements(loaded.restorable_sql))

    return run


def dump(data: bytes, place: Place) -> None:
    """Read a schema dump and tell its statements apart."""
    snapshot = snapshot_from_files(place.write("schema.sql", data))
    list(statements(snapshot.schema_sql))


def statistics(data: bytes, place: Place) -> None:
    """Read statistics beside a schema dump."""
    redacted(snapshot_from_files(SEEDS / "dump" / "schema.sql", place.write("statistics", data)))


def targets() -> Sequence[Target]:
    """Return the targets."""
    changes = {"schema.sql": tokens_changed, "statements.csv": cells_changed}
    found = [
        Target(f"snapshot {name}", snapshot_with(name), [Path(SEEDS / "snapshot" / name).read_bytes()],
               (changes.get(name, json_changed),), weight=0.6)
        for name in FILES
    ]  # fmt: skip
    found.append(Target("schema dump", dump, (*seeds("dump"), *seeds("statements")), (tokens_changed,), weight=1.0))
    lines = (SEEDS / "snapshot" / "statistics.jsonl").read_bytes()
    found.append(Target("statistics", statistics, (*seeds("statistics"), lines), (json_changed,), weight=1.0))
    return found
