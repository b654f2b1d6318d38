"""Secondary lines (DETAIL, STATEMENT, CONTEXT, …) hang on the last primary record of their session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from advisor.capture.lines.server_messages import SECONDARY
from advisor.capture.record import Orphan, Records

SECONDARIES = frozenset(SECONDARY)

Later = tuple[bytes, bytes, bytes]
"""Session, severity and text of a record that follows a block."""


def hung(records: Records, later: Sequence[Later]) -> Records:
    """Return the primary records with their secondary lines; `later` may hold lines of the last ones."""
    severity = records.severity
    orphans = _orphans(later)
    if SECONDARIES.isdisjoint(severity):
        return _completed(records, orphans) if orphans else records
    sessions = [backend.session for backend in records.backends]
    session = [sessions[number] for number in records.backend.tolist()]
    hanging: dict[bytes, dict[int, bytes]] = {word: {} for word in SECONDARY}
    hanging[b"DETAIL"].update(records.detail)
    last: dict[bytes, int] = {}
    for place, word in enumerate(severity):
        if word not in SECONDARIES:
            last[session[place]] = place
        elif (record := last.get(session[place], -1)) >= 0:
            hanging[word].setdefault(record, records.text[place])
        else:
            records.orphans.append(Orphan(_lines_before(records, place), word, records.text[place]))
    for name, word, text in orphans:
        if (record := last.get(name, -1)) >= 0:
            hanging[word].setdefault(record, text)
        else:
            records.orphans.append(Orphan(None, word, text))
    return _primary(records, hanging)


def _lines_before(records: Records, place: int) -> int:
    """Return the lines of a block before one of its records."""
    details = (detail for row, detail in records.detail.items() if row < place)
    return sum(1 + text.count(b"\n") for text in (*records.text[:place], *details))


def _orphans(later: Sequence[Later]) -> list[Later]:
    """Return the secondary lines that follow a block and belong to no record that follows it."""
    seen: set[bytes] = set()
    found: list[Later] = []
    for line in later:
        if line[1] not in SECONDARIES:
            seen.add(line[0])
        elif line[0] not in seen:
            found.append(line)
    return found


def _completed(records: Records, orphans: Sequence[Later]) -> Records:
    """Return records that are all primary, with the lines of the last ones that follow the block."""
    hanging: dict[bytes, dict[int, bytes]] = {word: {} for word in SECONDARY}
    hanging[b"DETAIL"].update(records.detail)
    for name, word, text in orphans:
        for place in range(len(records.text) - 1, -1, -1):
            if records.backends[records.backend[place]].session == name:
                hanging[word].setdefault(place, text)
                break
        else:
            records.orphans.append(Orphan(None, word, text))
    parts = (hanging[word] for word in (b"DETAIL", b"STATEMENT", b"CONTEXT"))
    detail, statement, context = parts
    return replace(records, detail=detail, statement=statement, context=context)


def _primary(records: Records, hanging: dict[bytes, dict[int, bytes]]) -> Records:
    """Return the primary records alone."""
    keep = np.array([word not in SECONDARIES for word in records.severity], dtype=bool)
    if not keep.all():
        number = (np.cumsum(keep) - 1).tolist()
        hanging = {word: {number[place]: text for place, text in lines.items()} for word, lines in hanging.items()}
    places = np.flatnonzero(keep).tolist()
    return replace(
        records,
        time=records.time[keep],
        backend=records.backend[keep],
        vxid=[records.vxid[place] for place in places],
        severity=[records.severity[place] for place in places],
        duration=records.duration[keep],
        kind=records.kind[keep],
        text=[records.text[place] for place in places],
        detail=hanging[b"DETAIL"],
        statement=hanging[b"STATEMENT"],
        context=hanging[b"CONTEXT"],
    )
