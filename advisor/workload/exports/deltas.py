"""Several readings of the same counters: what happened between them.

pg_stat_statements counts since its last reset. Two readings of one server are subtracted; exports that are not
readings of one server (their statements, or their counters, do not match) are left as they are and added up later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from advisor.capture.events import StatementRow
from advisor.capture.exports.export import StatementExport

SHARED = 0.5
"""Share of the smaller reading's entries that two readings of one server have in common at least."""
RISING = 0.95
"""Share of common entries whose counter must not have fallen from one reading to the next, unless it was reset."""

SERIES = "readings of one server"
"""What the note about a difference says, and how one is told from a single reading."""

Key = tuple[str | None, str | None, bool, str]
Rows = Mapping[Key, StatementRow]


@dataclass(frozen=True, slots=True)
class Reading:
    """One export with its rows by key."""

    export: StatementExport
    rows: Rows


def join_readings(exports: Sequence[StatementExport]) -> list[StatementExport]:
    """Return the exports with every series of readings of one server replaced by its differences."""
    series: list[list[Reading]] = []
    for export in exports:
        reading = Reading(export, _by_key(export.rows))
        home = next((known for known in series if _same_server(known[0], reading)), None)
        if home is None:
            series.append([reading])
        elif not any(_identical(reading, known) for known in home):
            home.append(reading)
    return [_difference(_in_order(readings)) for readings in series]


def _by_key(rows: Sequence[StatementRow]) -> Rows:
    keyed: dict[Key, StatementRow] = {}
    for row in rows:
        key = (row.user, row.database, row.top_level, row.query_id or row.text)
        known = keyed.get(key)
        keyed[key] = row if known is None else _added(known, row)
    return keyed


def _same_server(one: Reading, other: Reading) -> bool:
    if not (one.export.cumulative and other.export.cumulative) or one.export.nominal or other.export.nominal:
        return False
    shared = [key for key in one.rows if key in other.rows and one.rows[key].text == other.rows[key].text]
    if not shared or len(shared) < SHARED * min(len(one.rows), len(other.rows)):
        return False
    if one.export.reset and other.export.reset and one.export.reset != other.export.reset:
        return _reset_between(one.export, other.export)
    rising = sum(_not_fallen(one.rows[key], other.rows[key]) for key in shared)
    falling = sum(_not_fallen(other.rows[key], one.rows[key]) for key in shared)
    return max(rising, falling) >= RISING * len(shared)


def _reset_between(one: StatementExport, other: StatementExport) -> bool:
    """Return whether the later reading's counters began after the earlier one was taken.

    Counters that began before, but at another time than those of the earlier reading, are another server's. Where it
    is not known when a reading was taken, adding both up counts nothing twice.
    """
    if one.captured is None or other.captured is None:
        return False
    earlier, later = sorted((one, other), key=lambda export: export.captured or 0.0)
    return (later.reset or 0.0) >= (earlier.captured or 0.0)


def _identical(one: Reading, other: Reading) -> bool:
    """Return whether two readings are the same one, given twice."""
    if one.export.captured != other.export.captured or one.rows.keys() != other.rows.keys():
        return False
    return all(
        row.calls == other.rows[key].calls and row.total_ms == other.rows[key].total_ms for key, row in one.rows.items()
    )


def _not_fallen(before: StatementRow, after: StatementRow) -> bool:
    return after.calls >= before.calls or _restarted(before, after)


def _restarted(before: StatementRow, after: StatementRow) -> bool:
    """Return whether an entry began to count anew between two readings (told from extension 1.11 on)."""
    return None not in (before.stats_since, after.stats_since) and before.stats_since != after.stats_since


def _in_order(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings oldest first, by the time they tell or else by how far their counters are."""
    if all(reading.export.captured is not None for reading in readings):
        return sorted(readings, key=lambda reading: reading.export.captured or 0.0)
    return sorted(readings, key=lambda reading: sum(row.calls for row in reading.rows.values()))


def _difference(readings: Sequence[Reading]) -> StatementExport:
    last = readings[-1].export
    if len(readings) == 1:
        return last
    total: dict[Key, StatementRow] = {}
    reset, evicted = 0, 0
    for before, after in pairwise(readings):
        evicted += sum(key not in after.rows for key in before.rows)
        for key, row in after.rows.items():
            change, was_reset = _change(before, after, key, row)
            reset += was_reset
            if change is not None:
                total[key] = _added(total[key], change) if key in total else change
    return replace(
        last,
        rows=tuple(total[key] for key in sorted(total, key=str)),
        captured=last.captured,
        interval=_interval(readings),
        evictions=None,
        cumulative=False,
        notes=tuple(_notes(readings, total, reset, evicted)),
    )


def _interval(readings: Sequence[Reading]) -> tuple[float, float] | None:
    begin, end = readings[0].export.captured, readings[-1].export.captured
    return (begin, end) if begin is not None and end is not None and begin < end else None


def _change(before: Reading, after: Reading, key: Key, row: StatementRow) -> tuple[StatementRow | None, bool]:
    """Return what an entry gained between two readings (`None` for nothing), and whether it was reset meanwhile."""
    old = before.rows.get(key)
    if old is None:
        return row, False
    resets = (before.export.reset, after.export.reset)
    restarted = None not in resets and resets[0] != resets[1]
    if restarted or _restarted(old, row) or row.calls < old.calls or row.total_ms < old.total_ms:
        return row, True
    return (_subtracted(row, old) if row.calls > old.calls else None), False


def _subtracted(row: StatementRow, old: StatementRow) -> StatementRow:
    calls, total = row.calls - old.calls, row.total_ms - old.total_ms
    counters = {name: max(value - old.counters.get(name, 0.0), 0.0) for name, value in row.counters.items()}
    return replace(
        row,
        calls=calls,
        total_ms=total,
        mean_ms=total / calls,
        rows=_less(row.rows, old.rows),
        plans=_less(row.plans, old.plans),
        plan_ms=_less(row.plan_ms, old.plan_ms),
        min_ms=None,
        max_ms=None,
        stddev_ms=None,
        counters=counters,
    )


def _less(value: float | None, old: float | None) -> float | None:
    return None if value is None or old is None else max(value - old, 0.0)


def _added(one: StatementRow, other: StatementRow) -> StatementRow:
    names = sorted({*one.counters, *other.counters})
    return replace(
        one,
        calls=one.calls + other.calls,
        total_ms=one.total_ms + other.total_ms,
        mean_ms=(one.total_ms + other.total_ms) / (one.calls + other.calls),
        rows=_plus(one.rows, other.rows),
        plans=_plus(one.plans, other.plans),
        plan_ms=_plus(one.plan_ms, other.plan_ms),
        min_ms=None,
        max_ms=None if one.max_ms is None or other.max_ms is None else max(one.max_ms, other.max_ms),
        stddev_ms=None,
        counters={name: one.counters.get(name, 0.0) + other.counters.get(name, 0.0) for name in names},
    )


def _plus(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _notes(readings: Sequence[Reading], total: Mapping[Key, StatementRow], reset: int, evicted: int) -> list[str]:
    names = ", ".join(dict.fromkeys(reading.export.coverage.name for reading in readings))
    notes = [f"{len(readings)} {SERIES} ({names}): what happened between the first and the last counts"]
    if not total:
        notes.append(f"{names}: nothing ran between the readings")
    if reset:
        notes.append(f"{reset} counters were reset between readings: what they counted before the reset is lost")
    if evicted:
        notes.append(f"{evicted} entries vanished between readings (evicted or reset): their last executions are lost")
    return list(dict.fromkeys([*notes, *(note for reading in readings for note in reading.export.notes)]))
