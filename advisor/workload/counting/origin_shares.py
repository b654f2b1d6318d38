"""Who spent the time: calls and durations by application and by the tags in comments (sqlcommenter, marginalia).

A tag with very many values tells executions apart, not places in the code (`traceparent`), and is left out. Whether it
has so many does not depend on where a log is cut: the values of parts add up to those of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from advisor.capture.assembly.statements import Rows
from advisor.capture.assembly.tags import tags_of
from advisor.capture.record import FETCH, RUN
from advisor.workload.observed import Share

MANY = 200
"""Values beyond which a tag is left out."""

REMEMBERED = 50_000
"""Comments whose tags are remembered."""

APPLICATION = ""
"""Stands for the application in place of a tag's name."""

TRACES = re.compile(rb",?(?:traceparent|tracestate)='[^']*'")
"""Tags that differ in every execution."""

Tags = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class ShareSums:
    """Calls and microseconds by tag and value; adding two is exact."""

    sums: dict[str, dict[str, tuple[int, int]]] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    """Tags of too many values."""

    def add(self, name: str, value: str, calls: int, duration: int) -> None:
        """Add executions of one value."""
        if name in self.dropped:
            return
        values = self.sums.setdefault(name, {})
        known = values.get(value, (0, 0))
        values[value] = known[0] + calls, known[1] + duration
        if len(values) > MANY and name != APPLICATION:
            self.dropped.add(name)
            del self.sums[name]

    def merge(self, other: ShareSums) -> None:
        """Add another part."""
        self.dropped |= other.dropped
        for name in other.dropped:
            self.sums.pop(name, None)
        for name, values in other.sums.items():
            for value, (calls, duration) in values.items():
                self.add(name, value, calls, duration)

    def shares(self, weight: float = 1.0) -> tuple[Share, ...]:
        """Return the sums, applications first, then tags by name, most time first."""
        found = (
            Share(name or None, value, calls * weight, duration * weight / 1000)
            for name, values in sorted(self.sums.items())
            for value, (calls, duration) in values.items()
        )
        return tuple(sorted(found, key=lambda one: (one.tag or "", -one.total_ms, one.value)))


class ShareCounter:
    """Sums blocks; remembers the tags of comments between them."""

    def __init__(self) -> None:
        self._known: dict[bytes, Tags] = {}

    def count(self, rows: Rows, *, commented: bool) -> ShareSums:
        """Return the sums of a block's executions."""
        found = ShareSums()
        spent = np.where((rows.role == RUN) | (rows.role == FETCH), np.maximum(rows.duration, 0), 0)
        size = len(rows.backends)
        calls = np.bincount(rows.backend[rows.role == RUN], minlength=size).tolist()
        durations = np.bincount(rows.backend, spent, size).astype(np.int64).tolist()
        for backend, number, duration in zip(rows.backends, calls, durations, strict=False):
            if number or duration:
                found.add(APPLICATION, backend.application.decode("utf-8", "replace"), number, duration)
        if commented:
            runs = np.flatnonzero(rows.role == RUN)
            for name, value, duration in self._tagged(rows, runs.tolist(), spent[runs].tolist()):
                found.add(name, value, 1, duration)
        return found

    def _tagged(self, rows: Rows, runs: list[int], spent: list[int]) -> Iterable[tuple[str, str, int]]:
        for row, duration in zip(runs, spent, strict=True):
            text = rows.text[row]
            begin = text.find(b"/*")
            if begin >= 0:
                for name, value in self._tags(text[begin:] if text.find(b"*/", begin) > len(text) - 4 else text):
                    yield name, value, duration

    def _tags(self, text: bytes) -> Tags:
        """Return the tags of a text's comments, without those of traces."""
        text = TRACES.sub(b"", text).replace(b"/*,", b"/*")
        tags = self._known.get(text)
        if tags is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            tags = self._known[text] = tuple(tags_of(text).items())
        return tags
