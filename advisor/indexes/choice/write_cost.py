"""What an index costs on writes: one tuple per insert and per update that is not HOT, and the HOT updates it ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from advisor.analysis.shape import QueryShape
from advisor.catalog.index import IndexDefinition, IndexSize, mentions
from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Activity, Statistics
from advisor.indexes.proposal import WriteCost
from advisor.workload.model import Workload

TUPLE_MS = 0.004
"""Milliseconds to put one tuple into a b-tree in memory, WAL included: assumed, not measured."""
LEVEL_MS = 0.001
"""Milliseconds for each level of descent."""
METHOD = {"btree": 1.0, "hash": 1.0, "gin": 8.0, "gist": 3.0, "spgist": 3.0, "brin": 0.02}
"""Cost of one insertion relative to a b-tree."""
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True)
class TableWrites:
    """Writes to one table per day."""

    inserts: float = 0.0
    cold_updates: float = 0.0
    """Updates that are not HOT: they write to every index already."""
    hot_updates: float = 0.0
    updated: Mapping[str, float] | None = None
    """Per column, the share of the table's updates that assign it; `None` when no update was captured."""
    statements: tuple[tuple[frozenset[str], float], ...] = ()
    """Per captured statement that updates: the columns it assigns, and its share of the table's updates."""
    freed: float = 0.0
    """Of the HOT updates, those that are HOT only once the indexes are gone that the same report drops."""


NONE = TableWrites()
Places = Mapping[tuple[str, str], TableWrites]
"""By schema and name of the table."""
_ALIKE = 2.0
"""How many times longer than the capture the counters' window may be, or shorter, to count as the same."""


def table_writes(
    workload: Workload, shapes: Mapping[str, QueryShape], statistics: Statistics, least_days: float
) -> Places:
    """Return writes per day per table, on the clock of the captured reads.

    Counters tell them where they span about the time of the capture. Where they do not, the captured statements do, on
    both sides alike: counters of five minutes, or beside an export without a time of its own, say nothing of a day. The
    larger of both counts where counters span long enough to be a rate of their own. A standby counts no write.
    """
    captured, days = _captured(workload, shapes), _window(statistics)
    counted = {
        place: _from_activity(activity, days, captured.get(place, TableWrites()))
        for place, activity in statistics.activity.items()
        if days
    }
    source = clock(workload, statistics, any(w.inserts or w.cold_updates for w in captured.values()), least_days)
    if source == "counters":
        return {**captured, **counted}
    activity = {} if statistics.standby else statistics.activity
    split = {place: _split(writes, activity.get(place)) for place, writes in captured.items()}
    if source == "capture":
        return split
    places = sorted({*split, *counted})
    return {place: max(split.get(place, NONE), counted.get(place, NONE), key=_written) for place in places}


Clock = Literal["counters", "capture", "larger"]


def clock(workload: Workload, statistics: Statistics, writes_captured: bool, least_days: float) -> Clock:
    """Return what tells the writes: the activity counters, the captured statements, or the larger of both."""
    days = _window(statistics)
    if not days:
        return "capture"
    if workload.days and 1 / _ALIKE <= days / workload.days <= _ALIKE:
        return "counters"
    if days < least_days or (workload.days is None and writes_captured):
        return "capture"
    return "larger"


def windows_note(
    workload: Workload, shapes: Mapping[str, QueryShape], statistics: Statistics, least_days: float
) -> str | None:
    """Return what is said of reads and writes that were counted over different times, `None` where they were not."""
    days = _window(statistics)
    captured = any(w.inserts or w.cold_updates for w in _captured(workload, shapes).values())
    source = clock(workload, statistics, captured, least_days)
    if not days or source == "counters":
        return None
    reads = f"over {span(workload.days)}" if workload.days else "over an unknown time"
    told = "the captured statements" if source == "capture" else "the larger of both for each table"
    return f"reads were captured {reads}, writes counted over {span(days)}: {told} tell how much is written"


def span(days: float) -> str:
    """Return a span of time in the largest unit of which it holds one."""
    for unit, length in (("days", 1.0), ("hours", 1 / 24), ("minutes", 1 / 1440)):
        if days >= length:
            return f"{days / length:.3g} {unit}"
    return f"{days * SECONDS_PER_DAY:.3g} seconds"


def _window(statistics: Statistics) -> float | None:
    return None if statistics.standby else days_between(statistics.since, statistics.captured)


def _split(writes: TableWrites, activity: Activity | None) -> TableWrites:
    """Return captured writes with the share of HOT updates that the counters tell, whatever time they span."""
    if activity is None or not activity.updates:
        return writes
    hot = writes.cold_updates * min(activity.hot_updates / activity.updates, 1.0)
    return replace(writes, cold_updates=writes.cold_updates - hot, hot_updates=hot)


def _written(writes: TableWrites) -> float:
    return writes.inserts + writes.cold_updates + writes.hot_updates


def days_between(begin: str | None, end: str | None) -> float | None:
    """Return the days between two times of ISO 8601, `None` when one is unknown or less than a minute is between."""
    if not begin or not end:
        return None
    try:
        seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds / SECONDS_PER_DAY if seconds > 60 else None


def with_parents(statistics: Statistics, schema: Schema) -> Statistics:
    """Return the statistics with the counters of each partitioned table: its own row holds zeros, its leaves count."""
    activity = dict(statistics.activity)
    for place, table in sorted(schema.tables.items()):
        if table.kind == "partitioned":
            leaves = [statistics.activity[leaf] for leaf in _leaves(place, schema) if leaf in statistics.activity]
            sums = {name: sum(getattr(leaf, name) for leaf in leaves) for name in ("inserts", "updates", "hot_updates")}
            if leaves:
                activity[place] = replace(activity.get(place, Activity()), **sums)
    return replace(statistics, activity=activity)


def _leaves(parent: tuple[str, str], schema: Schema) -> Iterator[tuple[str, str]]:
    for place, table in schema.tables.items():
        if table.parent == parent:
            yield from _leaves(place, schema) if table.kind == "partitioned" else (place,)


def _from_activity(activity: Activity, days: float, captured: TableWrites) -> TableWrites:
    cold = max(activity.updates - activity.hot_updates, 0)
    return replace(
        captured, inserts=activity.inserts / days, cold_updates=cold / days, hot_updates=activity.hot_updates / days
    )


def _captured(workload: Workload, shapes: Mapping[str, QueryShape]) -> dict[tuple[str, str], TableWrites]:
    inserts: dict[tuple[str, str], float] = defaultdict(float)
    updates: dict[tuple[str, str], float] = defaultdict(float)
    columns: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    statements: dict[tuple[str, str], dict[frozenset[str], float]] = defaultdict(lambda: defaultdict(float))
    days = workload.days or 1.0
    for query in workload.queries:
        for occurrence in shapes[query.id].tables if query.id in shapes else ():
            place = (occurrence.schema, occurrence.table)
            written = max(query.rows or 0.0, query.calls) / days
            if occurrence.role == "insert":
                inserts[place] += written
            elif occurrence.role in {"update", "merge"} and occurrence.written:
                updates[place] += written
                statements[place][frozenset(occurrence.written)] += written
                for column in sorted(occurrence.written):
                    columns[place][column] += written
    return {
        place: TableWrites(
            inserts[place],
            updates[place],
            0.0,
            {column: count / updates[place] for column, count in columns[place].items()} if updates[place] else None,
            tuple((one, count / updates[place]) for one, count in sorted(statements[place].items(), key=_by_columns)),
        )
        for place in sorted({*inserts, *updates})
    }


def _by_columns(entry: tuple[frozenset[str], float]) -> list[str]:
    return sorted(entry[0])


def write_cost(
    definition: IndexDefinition, size: IndexSize, rows: float, writes: TableWrites, schema: Schema
) -> WriteCost:
    """Return what the index costs per day: tuples for inserts and cold updates, and the HOT updates it ends."""
    share = min(size.tuples / rows, 1.0) if rows > 0 and definition.where else 1.0
    lost = writes.hot_updates * _touched(definition, writes.updated)
    tuples = (writes.inserts + writes.cold_updates + lost) * share
    others = len(schema.tables[(definition.schema, definition.table)].indexes)
    each = (TUPLE_MS + LEVEL_MS * size.height) * METHOD.get(definition.method, 2.0)
    return WriteCost(tuples * each + lost * others * (TUPLE_MS + LEVEL_MS), tuples, lost)


def _touched(definition: IndexDefinition, updated: Mapping[str, float] | None) -> float:
    """Return the share of updates that change a column of the index."""
    found = columns_read(definition, updated or ())
    return max((updated[column] for column in found), default=0.0) if updated else 0.0


def columns_read(definition: IndexDefinition, columns: Iterable[str]) -> frozenset[str]:
    """Return those of the columns that an index holds, predicate included: an update of one is not HOT.

    BRIN never ends HOT (16+).
    """
    if definition.method == "brin":
        return frozenset()
    parts = (*(key.expression for key in definition.keys), definition.where or "")
    return frozenset(one for one in columns if one in definition.include or any(mentions(part, one) for part in parts))
