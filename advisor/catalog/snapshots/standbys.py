"""Adds the scans that standbys' queries did to those of their primary: counters are each server's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from advisor.capture.read_only_session import read_only_session
from advisor.catalog.live.export_queries import fetch_records
from advisor.catalog.live.records import statistics_from_records
from advisor.catalog.naming import first_few
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.statistics import IndexActivity, Statistics
from advisor.errors import SnapshotError


def read_standby(url: str) -> Statistics:
    """Return a server's index counters and what it says of itself; raises `ServerError` for what it refuses."""
    with read_only_session(url) as connection:
        records = [*fetch_records(connection, "indexes"), *fetch_records(connection, "end")]
    return statistics_from_records(records)


def with_standbys(snapshot: Snapshot, standbys: Iterable[tuple[str, Statistics]]) -> Snapshot:
    """Return a primary's snapshot with the scans of its standbys, named for messages, added to its own.

    Raises `SnapshotError` when one of the servers is no standby, or holds another database.
    """
    statistics, notes = snapshot.statistics, list(snapshot.notes)
    if statistics.standby:
        raise SnapshotError("the snapshot itself was taken from a standby",
                            do="take it from the primary, and name its standbys with --standby")  # fmt: skip
    for name, standby in standbys:
        statistics, lacking = _summed(statistics, standby, name)
        notes += [_lagging(name, lacking)] if lacking else []
    before = uncounted_note(snapshot.statistics)
    kept = [note for note in notes if note not in before]
    return replace(snapshot, statistics=statistics, notes=(*kept, *uncounted_note(statistics)))


def uncounted_note(statistics: Statistics) -> list[str]:
    """Return the note that says whose scans are not counted, if any is known to be missing."""
    if statistics.standby:
        return ["taken from a standby, whose counters tell of the reads there only: no index is called unused"]
    if (count := statistics.uncounted) > 0:
        servers = "1 standby" if count == 1 else f"{count} standbys"
        return [
            f"the index scans of {servers} are not counted, so no index is called unused: add --standby URL for each"
        ]
    return []


def _summed(primary: Statistics, standby: Statistics, name: str) -> tuple[Statistics, list[str]]:
    """Return the statistics with the standby's scans, and the indexes that it does not have."""
    if not standby.standby:
        raise SnapshotError("this server is no standby: it is not in recovery", where=name,
                            do="name the standbys of the server that the snapshot is of")  # fmt: skip
    shared = primary.index_activity.keys() & standby.index_activity.keys()
    if primary.index_activity and not shared:
        raise SnapshotError("it holds none of the primary's indexes", where=name,
                            do="connect to the same database on the standby")  # fmt: skip
    added = {key: _sum(primary.index_activity[key], standby.index_activity[key]) for key in shared}
    known = primary.scans_since and standby.scans_since
    summed = replace(
        primary,
        index_activity={**primary.index_activity, **added},
        scans_since=known and _latest(primary.scans_since, standby.scans_since),
        streaming=None if primary.streaming is None else primary.streaming + (standby.streaming or 0),
        standbys=primary.standbys + 1,
    )
    return summed, sorted(f"{schema}.{index}" for schema, index in primary.index_activity.keys() - shared)


def _sum(primary: IndexActivity, standby: IndexActivity) -> IndexActivity:
    scans, rows = primary.scans + standby.scans, primary.rows_read + standby.rows_read
    return replace(primary, scans=scans, rows_read=rows, last_scan=_latest(primary.last_scan, standby.last_scan))


def _latest(*times: str | None) -> str | None:
    return max((time for time in times if time), key=datetime.fromisoformat, default=None)


def _lagging(name: str, indexes: list[str]) -> str:
    return f"{name} does not have these indexes yet, so it counted no scans of them: {first_few(indexes)}"
