"""Finds out what revisions do to indexes and statistics objects by running them, so that any can be proven, also one
written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import Index
from advisor.catalog.live.introspect import read_schema
from advisor.errors import RevisionError
from advisor.revisions.model_line import model_snippet
from advisor.revisions.revision import Kind, Revision
from advisor.verify.proof import RevisionProof, Step
from advisor.verify.running.failed import RevisionFailure
from advisor.verify.running.scratch import scratch_database
from advisor.verify.running.upgrade import History


@dataclass(frozen=True, slots=True)
class Discovered:
    """What the revisions of a range do."""

    revisions: tuple[Revision, ...]
    """Those that touch one index or make one statistics object: these can be proven."""
    notes: tuple[str, ...]
    """Those that touch neither, or several at once."""
    failed: tuple[RevisionProof, ...] = ()
    """Those that did not go through, with the reason; what stands on them went on as if they had."""


def index_revisions(
    history: History,
    url: str,
    schema_sql: str | None,
    start: Sequence[str],
    to: str = "heads",
    settings: Mapping[str, str] | None = None,
) -> Discovered:
    """Run every revision after `start` up to `to` on a scratch database and return what each of them does.

    Raises `ProofError` when the server is lost or the time is up, `RevisionError` when the range does not exist.
    """
    found: list[Revision] = []
    notes: list[str] = []
    failed: list[RevisionProof] = []
    with scratch_database(url, schema_sql, settings) as scratch:
        if schema_sql is None and start:
            for identifier in start:
                history.upgrade(scratch.url, identifier)
        else:
            history.stamp(scratch.url, start)
        before = _objects(scratch.url)
        for identifier in _range(history, start, to):
            ran = history.upgrade_all(scratch.url, identifier)
            failed += [_failed(error, stamped=bool(start)) for error in ran.failed]
            history = history.without(*(error.revision for error in ran.failed))
            after = _objects(scratch.url)
            touched = _touched(before, after)
            if len(touched) == 1:
                found.append(_revision(history, identifier, *touched[0]))
            elif identifier in ran.applied:
                notes.append(f"revision {identifier} is not proven: it touches {len(touched) or 'no'} indexes")
            elif identifier in history.skip and not ran.failed:
                notes.append(f"revision {identifier} is not proven: it was left out")
            before = after
    return Discovered(tuple(found), tuple(notes), tuple(failed))


def _failed(error: RevisionFailure, *, stamped: bool) -> RevisionProof:
    do = error.do or ""
    if not stamped:
        do += "; if the snapshot already holds it, say where it stands with --revisions FROM:"
    place = f"{error.where}: " if error.where else ""
    return RevisionProof(error.revision, "", "", (Step("upgrade", False, f"{place}{error.what} (do: {do})"),))


def _range(history: History, start: Sequence[str], to: str) -> list[str]:
    """Return the revisions after `start` up to `to`, oldest first."""
    from advisor.revisions.project.configuration import readable

    with readable(Path(history.scripts.dir)):
        upper = [script.revision for script in history.scripts.walk_revisions("base", to)]
        applied = {script.revision for one in start for script in history.scripts.walk_revisions("base", one)}
    if not set(upper) - applied:
        raise RevisionError(f"there is no revision between {', '.join(start) or 'base'} and {to}")
    return [revision for revision in reversed(upper) if revision not in applied]


def _objects(url: str) -> Mapping[tuple[str, str, str], Index | ExtendedStatistics]:
    """Return all indexes that stand for themselves and all statistics objects, by what they are, schema and name."""
    from advisor.twin.servers.environment import connect

    with connect(url, autocommit=True) as connection:
        schema = read_schema(connection)
    found: dict[tuple[str, str, str], Index | ExtendedStatistics] = {}
    for table in schema.tables.values():
        for statistics in table.extended_statistics:
            found["statistics", statistics.schema, statistics.name] = statistics
        for index in table.indexes:
            if not (index.primary or index.constraint or index.attached):
                found["index", table.schema, index.name] = index
    return found


def _touched(
    before: Mapping[tuple[str, str, str], Index | ExtendedStatistics],
    after: Mapping[tuple[str, str, str], Index | ExtendedStatistics],
) -> list[tuple[Kind, Index | ExtendedStatistics]]:
    """Return the indexes that came and went between two states, and the statistics objects that came."""
    touched: list[tuple[Kind, Index | ExtendedStatistics]] = []
    for key in sorted(after.keys() - before.keys()):
        touched.append(("create" if isinstance(after[key], Index) else "statistics", after[key]))
    dropped = (before[key] for key in sorted(before.keys() - after.keys()))
    return [*touched, *(("drop", index) for index in dropped if isinstance(index, Index))]


def _revision(history: History, identifier: str, kind: Kind, made: Index | ExtendedStatistics) -> Revision:
    script = history.scripts.get_revision(identifier)
    down = script.down_revision
    index = made if isinstance(made, Index) else None
    return Revision(
        revision=identifier,
        down_revision=down if down is None or isinstance(down, str) else ", ".join(down),
        path=Path(script.path),
        proposal="",
        index=made.name,
        model_snippet=model_snippet(index.name, index.definition) if index and kind == "create" else "",
        sql=made.ddl,
        kind=kind,
        definition=index.definition if index else None,
        statistics=made if isinstance(made, ExtendedStatistics) else None,
        existing=True,
    )
