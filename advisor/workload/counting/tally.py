"""Counts the rows of one block: rows in, a `Partial` out."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.statements import Rows
from advisor.capture.lines.numbering import Numbering, counts_of
from advisor.capture.record import FAILED, FETCH, NO_TIME, PHASE, RUN
from advisor.workload.counting.error_messages import CANCELLED, failure, first_by_name
from advisor.workload.counting.fingerprints import MANY_KEYS, Fingerprints
from advisor.workload.counting.origin_shares import ShareCounter
from advisor.workload.counting.partial_aggregates import RESERVOIR, Entry, EntryKey, Kept, Partial, lowest, slower
from advisor.workload.counting.session_states import Kinds, Origins
from advisor.workload.counting.sketch import buckets
from advisor.workload.counting.textkey import SEPARATOR, joined_keys, text_keys

SOME = 256
"""Texts at the beginning of a block that tell whether it is worth asking which texts are their own keys."""


@dataclass(slots=True)
class Coded:
    """The rows of a block with numbers for texts and entries."""

    rows: Rows
    key: NDArray[np.int32]
    """Number of each row's text key."""
    keys: list[bytes]
    """The text keys."""
    entry: NDArray[np.int32]
    """Number of each row's entry."""
    entries: list[EntryKey]
    representative: list[int]
    """A row of each entry."""
    commented: bool
    """Whether any text holds a comment."""
    content: NDArray[np.uint64]
    """Hash of each row's text and values."""


class Tally:
    """Counts blocks; remembers fingerprints and how low a hash must be to be kept, between blocks."""

    def __init__(self) -> None:
        self.fingerprints = Fingerprints()
        self.thresholds: dict[EntryKey, int] = {}
        self.lows: dict[EntryKey, NDArray[np.int64]] = {}
        """The lowest ranks of each entry so far."""
        self.kinds = Kinds()
        self.shares = ShareCounter()
        self.plain: set[bytes] = set()
        """Texts without literals."""

    def count(self, rows: Rows) -> tuple[Partial, Coded]:
        """Return what the rows amount to, and the rows with their numbers."""
        coded = self._coded(rows)
        partial = Partial({key: self._entry(coded, place) for place, key in enumerate(coded.entries)})
        if coded.entries:
            self._sum(coded, list(partial.entries.values()))
            partial.shares = self.shares.count(rows, commented=coded.commented)
            origins = Origins(rows, coded.key, coded.keys, self.kinds)
            self._keep(coded, list(partial.entries.items()), origins)
            partial.origins, partial.last = origins.table, origins.last()
            times = rows.end[rows.end != NO_TIME]
            if len(times):
                partial.begin, partial.end = int(times.min()), int(times.max())
        return partial, coded

    def _coded(self, rows: Rows) -> Coded:
        keys: Numbering[bytes] = Numbering()
        databases: Numbering[bytes] = Numbering()
        numbers: Numbering[EntryKey] = Numbering()
        size = len(rows.text)
        found, commented = self._keys(rows.text)
        key = keys.of(found, size)
        database_of = np.array([databases[backend.database] for backend in rows.backends], dtype=np.int64)
        pair = key.astype(np.int64) * max(len(databases), 1) + (database_of[rows.backend] if size else 0)
        distinct, first, inverse = _distinct(pair, len(keys) * max(len(databases), 1))
        names, known = list(keys), list(databases)
        representative: list[int] = []
        entry_of: list[int] = []
        for code, row in zip(distinct.tolist(), first.tolist(), strict=True):
            text_key, database = names[code // len(databases)], known[code % len(databases)]
            identity = self.fingerprints.of(text_key, rows.text[row])
            number = numbers[(identity.id, database)]
            entry_of.append(number)
            if number == len(representative):
                representative.append(row)
        entry = np.array(entry_of, dtype=np.int32)[inverse] if size else np.zeros(0, dtype=np.int32)
        return Coded(
            rows,
            key,
            names,
            entry,
            list(numbers),
            representative,
            commented,
            contents(rows),
        )

    def _keys(self, texts: list[bytes]) -> tuple[list[bytes], bool]:
        """Return the text key of each text, and whether any text holds a comment.

        A text without literals and comments, as with bound parameters, is its own key.
        """
        plain, first = self.plain, texts[:SOME]
        others = texts
        if 4 * sum(text in plain for text in first) > len(first):
            others = [text for text in texts if text not in plain]
            if not others:
                return texts, False
        joined = SEPARATOR.join(others)
        found, commented = joined_keys(joined), b"*/" in joined
        if len(plain) < MANY_KEYS:
            plain.update(set(found).intersection(others if others is not texts else first))
        if len(others) == len(texts):
            return found, commented
        following = dict(zip(others, found, strict=True))
        return [following.get(text, text) for text in texts], commented

    def _entry(self, coded: Coded, place: int) -> Entry:
        text = coded.rows.text[coded.representative[place]]
        identity = self.fingerprints.of(text_keys([text])[0], text)
        return Entry(text, identity.fingerprint, identity.unparsed)

    def _sum(self, coded: Coded, entries: list[Entry]) -> None:
        rows, number = coded.rows, len(entries)
        run, known = rows.role == RUN, rows.duration >= 0
        duration = np.where(known, rows.duration, 0)

        def summed(where: NDArray[np.bool_], weights: NDArray[np.int64] | None = None) -> list[int]:
            weight = None if weights is None else weights[where]
            return np.bincount(coded.entry[where], weight, number).astype(np.int64).tolist()  # type: ignore[no-any-return]

        calls, timed = summed(run), summed(run & known)
        total, phases = summed(run | (rows.role == FETCH), duration), summed(rows.role == PHASE, duration)
        failed = summed(rows.role == FAILED)
        for place, entry in enumerate(entries):
            entry.calls, entry.timed, entry.total = calls[place], timed[place], total[place]
            entry.phases, entry.failed = phases[place], failed[place]
        for row, message in rows.errors.items():
            entry = entries[coded.entry[row]]
            entry.failures[failure(message)] += 1
            entry.cancelled += message.startswith(CANCELLED)
        for entry in entries if rows.errors else ():
            entry.failures = first_by_name(entry.failures)
        self._histograms(coded, entries, run & known)
        self._origins(coded, entries, run)

    def _histograms(self, coded: Coded, entries: list[Entry], where: NDArray[np.bool_]) -> None:
        bucket = buckets(coded.rows.duration[where])
        size = int(bucket.max(initial=0)) + 1
        for value, count in _pairs(coded.entry[where].astype(np.int64) * size + bucket, size * len(entries)):
            entries[value // size].histogram[value % size] = count

    def _origins(self, coded: Coded, entries: list[Entry], where: NDArray[np.bool_]) -> None:
        size = max(len(coded.rows.backends), 1)
        code = coded.entry[where].astype(np.int64) * size + coded.rows.backend[where]
        for value, count in _pairs(code, size * len(entries)):
            backend = coded.rows.backends[value % size]
            entries[value // size].origins[(backend.user, backend.application)] += count

    def _keep(self, coded: Coded, entries: list[tuple[EntryKey, Entry]], origins: Origins) -> None:
        """Keep the executions of lowest hash of each entry, and its slowest one."""
        rows = coded.rows
        rank = ranks(coded)
        limit = np.array([self.thresholds.get(key, 1 << 62) for key, _ in entries], dtype=np.int64)
        wanted = np.flatnonzero((rows.role == RUN) & (rank <= limit[coded.entry]))
        wanted = wanted[np.lexsort((rank[wanted], coded.entry[wanted]))]
        starts = np.searchsorted(coded.entry[wanted], np.arange(len(entries) + 1))
        for place, (key, entry) in enumerate(entries):
            ours = wanted[starts[place] : starts[place + 1]]
            if len(ours) > RESERVOIR:  # all of one rank or none: which of them stay is decided by what they are
                ours = ours[: np.searchsorted(rank[ours], rank[ours[RESERVOIR - 1]], side="right")]
            if len(ours):
                entry.kept = lowest([kept(rows, rank, row, origins) for row in ours.tolist()])
                self._lower(key, rank[ours])
        self._slowest(coded, rank, [entry for _, entry in entries], origins)

    def _lower(self, key: EntryKey, ranks: NDArray[np.int64]) -> None:
        """Lower the limit for an entry's executions to be kept."""
        if len(self.lows) >= MANY_KEYS:  # what is forgotten is kept once more, and left out when parts are merged
            self.lows.clear()
            self.thresholds.clear()
        lows = np.sort(np.concatenate((self.lows[key], ranks)) if key in self.lows else ranks)[:RESERVOIR]
        self.lows[key] = lows
        if len(lows) == RESERVOIR:
            self.thresholds[key] = int(lows[-1])

    def _slowest(self, coded: Coded, rank: NDArray[np.int64], entries: list[Entry], origins: Origins) -> None:
        """Keep the slowest execution of each entry."""
        rows = coded.rows
        duration = np.where(rows.role == RUN, rows.duration, -1)
        most = np.zeros(len(entries), dtype=np.int64)
        np.maximum.at(most, coded.entry, duration)
        least = np.full(len(entries), 1 << 62, dtype=np.int64)
        np.minimum.at(least, coded.entry[duration >= 0], duration[duration >= 0])
        for entry, fastest in zip(entries, least.tolist(), strict=True):
            entry.fastest = fastest
        for row in np.flatnonzero((duration >= 0) & (duration == most[coded.entry])).tolist():
            entry = entries[coded.entry[row]]
            entry.slowest = slower(entry.slowest, kept(rows, rank, row, origins))


def _distinct(codes: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct codes below `size` in rising order, the first row of each, and each row's place among them.

    What `np.unique` returns, without its sort where codes are few.
    """
    if size > 4 * len(codes) + 1000:
        return np.unique(codes, return_index=True, return_inverse=True)
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    distinct = np.flatnonzero(first >= 0)
    place = np.cumsum(first >= 0) - 1
    return distinct, first[distinct], place[codes]


def _pairs(codes: NDArray[np.int64], size: int) -> Iterable[tuple[int, int]]:
    """Return the distinct codes below `size`, each with how often it turns up."""
    return zip(*(column.tolist() for column in counts_of(codes, size)), strict=True)


def contents(rows: Rows) -> NDArray[np.uint64]:
    """Return a hash of each execution's text and values; what is none may have any."""
    texts, runs = rows.text, np.flatnonzero(rows.role == RUN)
    if 4 * len(runs) > 3 * len(texts):
        found = list(map(zlib.crc32, texts))
    else:
        found = [0] * len(texts)
        for row in runs.tolist():
            found[row] = zlib.crc32(texts[row])
    for row, listing in rows.parameters.items():
        found[row] = zlib.crc32(listing, found[row])
    return np.array(found, dtype=np.uint64)


def ranks(coded: Coded) -> NDArray[np.int64]:
    """Return a hash of each row's text, values and second, the same wherever the log was cut."""
    mixed = coded.content + (coded.rows.end // 1_000_000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.int64] = (mixed >> np.uint64(2)).astype(np.int64)
    return found


def kept(rows: Rows, rank: NDArray[np.int64], row: int, origins: Origins) -> Kept:
    """Return one row as an execution kept whole."""
    return Kept(int(rank[row]), rows.text[row], rows.parameters.get(row), int(rows.duration[row]), origins.of(row))
