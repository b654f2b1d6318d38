"""A snapshot put together from a schema dump and, perhaps, a file of statistics."""

from __future__ import annotations

import re
from pathlib import Path

import orjson

from advisor.catalog.live.records import statistics_from_records
from advisor.catalog.snapshot_model import Extension, Snapshot
from advisor.catalog.snapshots.dump_statistics import is_statistics_dump, records_from_dump
from advisor.catalog.snapshots.folder import read_records_file, read_schema_file, read_text
from advisor.catalog.snapshots.snapshot_facts import extended_statistics_note
from advisor.catalog.statistics import Statistics
from advisor.errors import SnapshotError

DEFAULT_VERSION = 180000
"""Assumed when a dump does not say where it comes from."""

_HEADER = re.compile(r"^-- Dumped from database version (\d+)(?:\.(\d+))?", re.MULTILINE)
_VERSION_ARGUMENT = re.compile(r"'version', '(\d+)'")
_EXTENSION = re.compile(r'^CREATE EXTENSION IF NOT EXISTS ("[^"]+"|\w+) WITH SCHEMA ("[^"]+"|\w+);', re.MULTILINE)
_STATEMENT = re.compile(r"^\s*(CREATE|ALTER)\s", re.MULTILINE | re.IGNORECASE)


def snapshot_from_files(schema: Path, statistics: Path | None = None) -> Snapshot:
    """Return a snapshot of a schema dump (plain SQL) and statistics.

    Statistics come as `statistics.jsonl` of a snapshot or of `sql/export`, or as the output of
    `pg_dump --statistics-only`; both may also stand in the schema dump itself. Settings are the server's defaults.
    """
    text = read_schema_file(schema, whole=False)
    if not _STATEMENT.search(text):
        raise SnapshotError("no CREATE or ALTER statement in this file", where=str(schema),
                            do="write it with pg_dump --schema-only")  # fmt: skip
    measured, version = _statistics(statistics, text)
    notes = ["made from a schema dump: planner settings, search_path and index scans are not known; defaults stand in"]
    notes += extended_statistics_note(text, measured)
    if header := _HEADER.search(text):
        version = int(header[1]) * 10_000 + int(header[2] or 0)
    elif version is None:
        notes.append(f"the dump does not name its server's version: {DEFAULT_VERSION // 10_000} is assumed")
    if not measured.relations:
        notes.append("no statistics: the planner knows neither sizes nor values, and advice is a guess")
    return Snapshot(
        schema_sql=_without_statistics(text),
        statistics=measured,
        settings={},
        server_version=version or DEFAULT_VERSION,
        extensions=tuple(sorted(Extension(_bare(name), "", _bare(home)) for name, home in _EXTENSION.findall(text))),
        captured=measured.captured,
        redacted=measured.redacted,
        notes=tuple(notes),
    )


def _statistics(path: Path | None, schema_text: str) -> tuple[Statistics, int | None]:
    if path is None:
        return statistics_from_records(records_from_dump(schema_text)), _version(schema_text)
    text = read_text(path)
    if is_statistics_dump(text):
        return statistics_from_records(records_from_dump(text)), _version(text)
    if _is_json(text):
        return read_records_file(path), None
    raise SnapshotError(
        "these are not statistics that can be read",
        where=str(path),
        do="give statistics.jsonl of a snapshot, or what pg_dump --statistics-only (18) writes",
    )


def _version(text: str) -> int | None:
    found = _HEADER.search(text)
    if found:
        return int(found[1]) * 10_000 + int(found[2] or 0)
    argument = _VERSION_ARGUMENT.search(text)
    return int(argument[1]) if argument else None


def _without_statistics(text: str) -> str:
    calls = r"^SELECT \* FROM pg_catalog\.pg_restore_(?:relation|attribute)_stats\(.*?\n\);\n"
    return re.sub(calls, "", text, flags=re.MULTILINE | re.DOTALL) if is_statistics_dump(text) else text


def _is_json(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text.split("\n", 1)[0]), dict)
    except orjson.JSONDecodeError:
        return False


def _bare(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
