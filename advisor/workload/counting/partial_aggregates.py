"""Partial aggregates: what a part of a log amounts to. Merging two is exact, so the parts may be cut anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, NamedTuple

from advisor.capture.limits import limits
from advisor.capture.record import Losses
from advisor.workload.counting.error_messages import first_by_name
from advisor.workload.counting.origin_shares import ShareSums
from advisor.workload.counting.packing import Packed, packed, unpacked
from advisor.workload.counting.session_states import Changed, Origin, SessionStates

RESERVOIR = 512
"""Executions kept per query, chosen by a hash of what they are, so that the choice does not depend on the cut."""

EntryKey = tuple[str, bytes]
"""Query id and database."""


class Kept(NamedTuple):
    """One execution kept whole."""

    rank: int
    """Hash that decides who is kept: the lowest are."""
    text: bytes
    parameters: bytes | None
    """Listing of bound values."""
    duration: int
    origin: int = 0
    """Number of who ran it and what was set: in its block's table, then in that of `SessionStates`."""


PackedKept = tuple[tuple[int, ...], Packed, tuple[bytes | None, ...] | None, tuple[int, ...], tuple[int, ...]]
"""Ranks, texts, values (`None` where no execution has any), durations and origins."""

kept_of_row = partial(tuple.__new__, Kept)


def pack_kept(kept: Iterable[Kept]) -> PackedKept | None:
    """Return executions in columns, as they travel between processes."""
    columns = tuple(zip(*kept, strict=True))
    if not columns:
        return None
    ranks, texts, parameters, durations, origins = columns
    bound = parameters if any(one is not None for one in parameters) else None
    return ranks, packed(texts), bound, durations, origins


def unpack_kept(columns: PackedKept | None) -> list[Kept]:
    """Return executions from their columns."""
    if columns is None:
        return []
    ranks, texts, parameters, durations, origins = columns
    rows = zip(ranks, unpacked(texts), parameters or (None,) * len(ranks), durations, origins, strict=True)
    return list(map(kept_of_row, rows))


@dataclass(slots=True)
class Entry:
    """One query's numbers, in integers: sums do not depend on their order."""

    text: bytes
    """The shortest text seen."""
    fingerprint: str | None
    unparsed: str | None
    calls: int = 0
    timed: int = 0
    """Calls whose duration is known."""
    total: int = 0
    """Microseconds, further fetches included."""
    fastest: int = 1 << 62
    """Microseconds."""
    slowest: Kept | None = None
    phases: int = 0
    """Microseconds of parse and bind."""
    failed: int = 0
    histogram: Counter[int] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)
    """Those of lowest rank, and others until `Partial.trim` takes them out."""
    origins: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)
    """User and application to calls."""
    cancelled: int = 0
    """Of those that failed."""
    failures: Counter[str] = field(default_factory=Counter)
    """Messages of errors."""

    def __getstate__(self) -> tuple[list[Any], PackedKept | None]:
        return [getattr(self, name) for name in PLAIN], pack_kept(self.kept)

    def __setstate__(self, state: tuple[list[Any], PackedKept | None]) -> None:
        values, kept = state
        for name, value in zip(PLAIN, values, strict=True):
            setattr(self, name, value)
        self.kept = unpack_kept(kept)

    def merge(self, other: Entry) -> None:
        """Add another part's numbers."""
        self.text = min(self.text, other.text, key=lambda text: (len(text), text))
        self.calls += other.calls
        self.timed += other.timed
        self.total += other.total
        self.phases += other.phases
        self.failed += other.failed
        self.histogram.update(other.histogram)
        self.origins.update(other.origins)
        self.cancelled += other.cancelled
        self.failures = first_by_name(self.failures + other.failures)
        self.fastest = min(self.fastest, other.fastest)
        self.slowest = slower(self.slowest, other.slowest)
        self.kept.extend(other.kept)
        if len(self.kept) > 4 * RESERVOIR:
            self.kept = lowest(self.kept)


def _beyond(most: int) -> str:
    return f"execution of a query after the first {most} different ones (--limit queries=N keeps more)"


PLAIN = tuple(one.name for one in fields(Entry) if one.name != "kept")
"""What of an entry travels between processes as it is."""


def slower(one: Kept | None, other: Kept | None) -> Kept | None:
    """Return the slower of two executions; ties go by what they are."""
    known = [kept for kept in (one, other) if kept is not None]
    return max(known, key=lambda kept: (kept.duration, kept.text, kept.parameters or b"", -kept.rank), default=None)


def lowest(kept: list[Kept]) -> list[Kept]:
    """Return the executions of lowest rank, all of one rank or none, about `RESERVOIR` of them."""
    if len(kept) <= RESERVOIR:
        return kept
    kept.sort(key=lambda one: (one.rank, one.text, one.parameters or b"", one.duration))
    return kept[:RESERVOIR]


@dataclass(slots=True)
class Partial:
    """What a part of the input amounts to."""

    entries: dict[EntryKey, Entry] = field(default_factory=dict)
    begin: int | None = None
    """Microseconds since the epoch of the first and last record."""
    end: int | None = None
    origins: list[Origin] = field(default_factory=list)
    """Where the executions kept come from."""
    last: dict[bytes, Changed] = field(default_factory=dict)
    """What sessions had changed of their settings at the end of the block."""
    shares: ShareSums = field(default_factory=ShareSums)
    beyond: Losses = field(default_factory=Losses)
    """Executions of queries that are more than are kept."""

    def settle(self, states: SessionStates) -> None:
        """Number the executions kept by what their sessions had set; blocks are settled in their order."""
        numbers = states.numbers(self.origins)
        states.advance(self.last)
        for entry in self.entries.values() if numbers else ():
            entry.kept = [one._replace(origin=numbers[one.origin]) for one in entry.kept]
            if entry.slowest is not None:
                entry.slowest = entry.slowest._replace(origin=numbers[entry.slowest.origin])
        self.origins, self.last = [], {}

    def merge(self, other: Partial) -> None:
        """Add another part; parts are merged in the order of the log, so the queries seen first are kept."""
        self.shares.merge(other.shares)
        most = limits().queries
        for key, entry in other.entries.items():
            if (mine := self.entries.get(key)) is not None:
                mine.merge(entry)
            elif len(self.entries) < most:
                self.entries[key] = entry
            else:
                self.beyond.add(_beyond(most), entry.text, entry.calls + entry.failed)
        self.begin = min((time for time in (self.begin, other.begin) if time is not None), default=None)
        self.end = max((time for time in (self.end, other.end) if time is not None), default=None)

    def calls(self, key: EntryKey, application: bytes) -> int:
        """Return the executions of one query by one application."""
        entry = self.entries.get(key)
        return sum(calls for (_, name), calls in entry.origins.items() if name == application) if entry else 0

    def trim(self) -> None:
        """Leave each query the executions of lowest rank only."""
        for entry in self.entries.values():
            entry.kept = lowest(entry.kept)
