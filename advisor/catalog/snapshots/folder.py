"""The snapshot folder: plain files, the same bytes for the same snapshot, readable by their owner only."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from advisor.catalog.live.export_queries import Record
from advisor.catalog.live.records import records_from_statistics, statistics_from_records
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.snapshots.pg_dump import TRAILER, clean_schema
from advisor.catalog.snapshots.snapshot_facts import FORMAT, facts_of, snapshot_from_facts
from advisor.catalog.snapshots.snapshot_file import RECORDS, Settings, SnapshotFile, UnknownRecord
from advisor.catalog.statistics import Statistics
from advisor.errors import SnapshotError
from advisor.own_file import converted, decoded, parsed, refuse_version
from advisor.whole_file import write_all_whole

SCHEMA, STATISTICS, SETTINGS, FACTS, STATEMENTS = (
    "schema.sql", "statistics.jsonl", "settings.json", "snapshot.json", "statements.csv",
)  # fmt: skip
OWNER = 0o600
"""Permissions: production's values are their owner's to read."""
_AGAIN = "take the snapshot again: advisor snapshot URL -o DIR, or psql -f sql/export/snapshot.sql"


def save_snapshot(snapshot: Snapshot, folder: Path) -> None:
    """Write the snapshot to a folder, which is made when it is missing; other files in it stay."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        records = records_from_statistics(snapshot.statistics)
        files = {
            SCHEMA: snapshot.schema_sql.encode(),
            STATISTICS: b"".join(orjson.dumps(record) + b"\n" for record in records),
            SETTINGS: _pretty(dict(snapshot.settings)),
            **({} if snapshot.statements is None else {STATEMENTS: snapshot.statements.encode()}),
            FACTS: _pretty(facts_of(snapshot)),
        }
        with _alone(folder):
            write_all_whole({folder / name: data for name, data in files.items()}, OWNER)
            if snapshot.statements is None:
                (folder / STATEMENTS).unlink(missing_ok=True)
    except TypeError as error:  # orjson takes no integer beyond 64 bits
        raise SnapshotError(f"its statistics cannot be written: {error}", do=_AGAIN) from error
    except OSError as error:
        raise SnapshotError(f"cannot write here: {error.strerror}", where=str(error.filename or folder),
                            do="choose another folder with -o") from error  # fmt: skip


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others from writing the folder meanwhile, where the file system has locks: its files belong together."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def load_snapshot(folder: Path) -> Snapshot:
    """Return the snapshot of a folder that `save_snapshot` or psql with `sql/export/snapshot.sql` wrote."""
    if not folder.is_dir():
        raise SnapshotError("there is no such folder", where=str(folder), do=_AGAIN)
    statements = folder / STATEMENTS
    try:
        return snapshot_from_facts(
            _facts(folder / FACTS),
            read_schema_file(folder / SCHEMA, whole=True),
            read_records_file(folder / STATISTICS),
            _settings(folder / SETTINGS),
            (read_text(statements) if statements.exists() else "") or None,  # psql leaves an empty file when refused
        )
    except SnapshotError as error:
        error.where = error.where or str(folder)
        raise


def read_schema_file(path: Path, *, whole: bool) -> str:
    """Return a dump's SQL; with `whole`, raise `SnapshotError` when pg_dump's last line is missing."""
    text = read_text(path)
    if text.startswith("PGDMP"):
        raise SnapshotError("this is a dump in pg_dump's custom format", where=str(path),
                            do=f"turn it into SQL: pg_restore --schema-only -f schema.sql {path.name}")  # fmt: skip
    if whole and TRAILER not in text:
        raise SnapshotError("the schema dump ends too early", where=str(path), do=_AGAIN)
    return clean_schema(text)


def read_records_file(path: Path) -> Statistics:
    """Return the statistics of a file of JSON lines.

    Raises `SnapshotError` when it was cut short, and for a record that is none, with its line and the path into it.
    """
    records = [
        _record(line, f"{path}:{number}")
        for number, line in enumerate(read_text(path).split("\n"), 1)
        if line and not line.isspace()
    ]
    if not records or records[-1]["kind"] != "end":
        raise SnapshotError("the statistics end too early", where=str(path), do=_AGAIN)
    return statistics_from_records(records)


def _record(line: str, where: str) -> Record:
    """Return a record whose parts are of the types its kind has."""
    record: Record = parsed(line, where, _AGAIN, SnapshotError)
    kind = converted(record, UnknownRecord, where, _AGAIN, SnapshotError).kind
    if kind in RECORDS:
        converted(record, RECORDS[kind], where, _AGAIN, SnapshotError)
    return record


def read_text(path: Path) -> str:
    """Return a file of the snapshot; raises `SnapshotError` when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    except OSError as error:
        raise SnapshotError(f"the snapshot lacks {path.name}: {error.strerror}", where=str(path), do=_AGAIN) from error


def _facts(path: Path) -> Record:
    """Return `snapshot.json`, whose parts are of the types that `SnapshotFile` says."""
    text, where = read_text(path), str(path)
    refuse_version(
        text, FORMAT, where, "take the snapshot again with this version, or upgrade pgadvisor", SnapshotError
    )
    facts: Record = parsed(text, where, _AGAIN, SnapshotError)
    converted(facts, SnapshotFile, where, _AGAIN, SnapshotError)
    return facts


def _settings(path: Path) -> Settings:
    return decoded(read_text(path), Settings, str(path), _AGAIN, SnapshotError)


def _pretty(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
