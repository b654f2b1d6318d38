"""Steps: executions as units of work see them, in columns, each session's steps in order."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.statements import Rows
from advisor.capture.lines.numbering import Numbering, stable_order
from advisor.capture.record import FRAME, RUN, Times
from advisor.workload.counting.packing import Packed, packed, unpacked
from advisor.workload.counting.partial_aggregates import EntryKey

STATEMENT, NOISE, BEGIN, END, RESET = 0, 1, 2, 3, 4
"""Classes of a step. Noise is normalised away; BEGIN, END and RESET bound units of work."""

COMMENT = re.compile(rb"\s+|/\*.*?\*/|--[^\n]*(?:\n|$)", re.S)
CLASSES = tuple(
    (number, re.compile(pattern, re.I | re.S))
    for number, pattern in (
        (BEGIN, rb"(?:begin|start\s+transaction)\b"),
        (NOISE, rb"rollback\s+(?:work\s+|transaction\s+)?to\b|(?:commit|rollback)\s+prepared\b"),
        (END, rb"(?:commit|end|rollback|abort|prepare\s+transaction)\b"),
        (RESET, rb"discard\b|reset\b|set\s+(?:session\s+)?application_name\b|set\s+session\s+auth"),
        (NOISE, rb"select\s+(?:1|true|'?ping'?|version\(\))\s*;?\s*$|;?\s*$"),
        (NOISE, rb"(?:savepoint|release|set|show|fetch|move|close|declare|deallocate|prepare|listen|notify)\b"),
        (NOISE, rb"select\s+(?:pg_catalog\.)?set_config\(|select\s+pg_(?:try_)?advisory"),
        (NOISE, rb"select\s+1\s+from\s+only\s.*for\s+key\s+share\s+of\s+x"),
        (NOISE, rb"(?:select|with)\b(?=.*\b(?:from|join)\s+(?:pg_catalog\.|information_schema\.|pg_[a-z]+\b))"),
    )
)
"""Class and pattern of a statement's beginning, the first that fits; foreign-key checks are the server's own."""

TRACED = re.compile(rb"(?:traceparent='[0-9a-f]{2}-([0-9a-f]{32})|\brequest_id[=:]'?([^',*\s]+))")

SLASH, ZERO, SLASH_ZERO = (np.uint64(int.from_bytes(text, "little")) for text in (b"/", b"0", b"/0"))
HALF, SHIFTS = np.uint64(56), [np.uint64(8 * place) for place in range(7)]
"""How far a word of eight letters is shifted to leave its last letter, and those from each letter on."""

SAMPLED = 128
"""Executions of one query in one unit of work whose values are looked at; later ones are only counted."""


def step_class(text: bytes) -> int:
    """Return the class of a statement, judged by its text."""
    place = 0
    while (match := COMMENT.match(text, place)) and match.end() > place:
        place = match.end()
    return next((number for number, pattern in CLASSES if pattern.match(text, place)), STATEMENT)


@dataclass(slots=True)
class Steps:
    """Executions in columns; `entry` numbers `entries`."""

    entries: Sequence[EntryKey]
    classes: NDArray[np.int8]
    """Class of each entry."""
    entry: NDArray[np.int32]
    start: Times
    end: Times
    transaction: NDArray[np.int64]
    """Hash of the virtual transaction id, 0 for none."""
    trace: NDArray[np.int64]
    """Hash of the trace or request id, 0 for none."""
    marked: NDArray[np.bool_]
    """Whether an overlong unit may end before the step: which steps are marked depends on themselves only."""
    contents: dict[int, Content] = field(default_factory=dict)
    """What the first executions of each entry were."""

    def __len__(self) -> int:
        return len(self.entry)

    def __reduce__(self) -> tuple[Callable[..., Steps], tuple[object, ...]]:
        columns = (self.entries, self.classes, self.entry, self.start, self.end)
        hashes = tuple(column if column.any() else None for column in (self.transaction, self.trace))
        return _steps, (columns, hashes, np.flatnonzero(self.marked), pack(self.contents))

    def part(self, begin: int, end: int) -> Steps:
        """Return some of the steps."""
        contents = {place - begin: content for place, content in self.contents.items() if begin <= place < end}
        return self.span(begin, end, contents)

    def span(self, begin: int, end: int, contents: dict[int, Content]) -> Steps:
        """Return some of the steps, with what is known of their contents."""
        span = slice(begin, end)
        return Steps(
            self.entries, self.classes, self.entry[span], self.start[span], self.end[span],
            self.transaction[span], self.trace[span], self.marked[span], contents,
        )  # fmt: skip


class Content(NamedTuple):
    """What one execution was."""

    text: bytes
    parameters: bytes | None
    application: bytes
    key: bytes
    """Its text key."""
    session: bytes
    rows: int | None = None
    """Rows it returned, where an analysed plan told."""


content_of_row = partial(tuple.__new__, Content)
"""What `Content._make` does, without looking at the length of a row: thousands are made of each block."""


PackedContents = tuple[list[int], Packed, Packed, list[tuple[Any, ...]]]
"""Places, texts, values, and the other columns of contents: what repeats from row to row travels well as it is."""


def pack(contents: Mapping[int, Content]) -> PackedContents | None:
    """Return contents in columns, as they travel between processes."""
    if not contents:
        return None
    texts, parameters, *others = zip(*contents.values(), strict=True)
    return list(contents), packed(texts), packed(parameters), others


def unpack(columns: PackedContents | None) -> dict[int, Content]:
    """Return contents from their columns."""
    if columns is None:
        return {}
    places, texts, parameters, others = columns
    rows = zip(unpacked(texts), [value or None for value in unpacked(parameters)], *others, strict=True)
    return dict(zip(places, map(content_of_row, rows), strict=True))


def joined(parts: Sequence[Steps], entries: Sequence[EntryKey], classes: NDArray[np.int8]) -> Steps:
    """Return steps behind each other as one; `entries` and `classes` are those that all of them number."""
    contents: dict[int, Content] = {}
    offset = 0
    for part in parts:
        contents.update({place + offset: content for place, content in part.contents.items()})
        offset += len(part)
    return Steps(
        entries,
        classes,
        np.concatenate([part.entry for part in parts]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.end for part in parts]),
        np.concatenate([part.transaction for part in parts]),
        np.concatenate([part.trace for part in parts]),
        np.concatenate([part.marked for part in parts]),
        contents,
    )


def _steps(
    columns: Sequence[Any],
    hashes: Sequence[NDArray[np.int64] | None],
    marked: NDArray[np.int64],
    packed_contents: PackedContents | None,
) -> Steps:
    """Return steps from what they were packed as; hashes that are all 0 do not travel."""
    entries, classes, entry, start, end = columns
    transaction, trace = (np.zeros(len(entry), dtype=np.int64) if column is None else column for column in hashes)
    marks = np.zeros(len(entry), dtype=bool)
    marks[marked] = True
    return Steps(entries, classes, entry, start, end, transaction, trace, marks, unpack(packed_contents))


MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
SELDOM = np.uint64(0xFFFF_FFFF_FFFF_FFFF // 1024)


def marks(content: NDArray[np.uint64], end: Times) -> NDArray[np.bool_]:
    """Return one in a thousand steps, chosen by what they ran and when."""
    mixed = (content + end.astype(np.uint64)) * MULTIPLIER
    mixed = (mixed ^ (mixed >> np.uint64(29))) * MULTIPLIER
    found: NDArray[np.bool_] = mixed < SELDOM
    return found


def transactions(vxids: Sequence[bytes | None]) -> NDArray[np.int64]:
    """Return a hash of each virtual transaction id; 0 where there is none or its local part is 0."""
    column = cast(Sequence[bytes], vxids) if None not in vxids else [vxid or b"" for vxid in vxids]
    width = -(-(max(map(len, column), default=0) + 1) // 8)
    words = np.array(column, dtype=f"S{8 * width}").view("<u8").reshape(-1, width).T.copy()
    mixed, none, later = np.zeros(len(column), dtype=np.uint64), words[0] == 0, np.zeros(len(column), dtype=np.uint64)
    for number in reversed(range(width)):  # a word of zeros adds nothing: the hash does not depend on the width
        word = words[number]
        mixed += word * (MULTIPLIER + np.uint64(2 * number))
        ends = (word >> HALF == SLASH) & (later == ZERO)
        for shift in SHIFTS:
            ends |= (word >> shift == SLASH_ZERO) & (later == 0)
        none |= ends
        later = word
    mixed = (mixed ^ (mixed >> np.uint64(29))) * MULTIPLIER
    mixed ^= mixed >> np.uint64(32)
    found: NDArray[np.int64] = np.where(none, 0, (mixed >> np.uint64(1)).astype(np.int64) | 1)
    return found


def traces(texts: Sequence[bytes]) -> NDArray[np.int64]:
    """Return a hash of the trace or request id in each text's comment, 0 where there is none."""
    found = np.zeros(len(texts), dtype=np.int64)
    for place, text in enumerate(texts):
        if b"*/" in text and (match := TRACED.search(text)):
            found[place] = zlib.crc32(match[1] or match[2]) + 1
    return found


def session_order(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64], list[bytes]]:
    """Return the executions' row numbers session by session, where each session begins, and the sessions."""
    numbers: Numbering[bytes] = Numbering()
    session_of = np.array([numbers[backend.session] for backend in rows.backends], dtype=np.int32)
    wanted = np.flatnonzero((rows.role == RUN) | (rows.role == FRAME))
    session = session_of[rows.backend[wanted]] if len(wanted) else np.zeros(0, dtype=np.int32)
    order = stable_order(session, len(numbers))
    starts = np.flatnonzero(np.diff(session[order], prepend=-1))
    names = list(numbers)
    return wanted[order], starts, [names[number] for number in session[order][starts].tolist()]


def trace_order(
    rows: Rows, order: NDArray[np.int64], trace: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[bytes]]:
    """Return what `session_order` does, the steps of one trace together, over however many connections they went."""
    numbers: Numbering[bytes] = Numbering()
    backends = rows.backends
    names = (
        b"trace %d" % traced if traced else backends[backend].session
        for traced, backend in zip(trace.tolist(), rows.backend[order].tolist(), strict=True)
    )
    group = numbers.of(names, len(order))
    again = np.lexsort((order, group))
    starts = np.flatnonzero(np.diff(group[again], prepend=-1))
    known = list(numbers)
    return order[again], starts, [known[number] for number in group[again][starts].tolist()]
