"""Who ran each execution that is kept, and what its session had set by then, followed through a log cut into blocks.

A block knows what its sessions changed since it began; what they had set before is known to whoever reads the blocks in
their order. Settings of a transaction are followed to its end, from one block into the next but not further; that a
ROLLBACK undoes a plain SET is known where both stand in one block.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.capture.assembly.statements import Rows
from advisor.capture.record import LEFT_OUT, RUN
from advisor.workload.counting.session_settings import ALL, BEGINS, COMMITS, OTHER, ROLLS_BACK, SETS, changes, kind_of

Settings = tuple[tuple[str, str], ...]
Changes = tuple[tuple[str, str | None], ...]
SESSIONS = 100_000
"""Sessions whose settings are remembered."""
MANY = 50_000
"""Text keys whose kind is remembered."""


class Changed(NamedTuple):
    """What a session changed since its block began."""

    cleared: bool = False
    """Whether all that it had set before is gone."""
    values: Changes = ()
    local: Changes = ()
    """Until the end of the transaction."""
    ended: bool = False
    """Whether the transaction that was open when the block began has ended."""


class Origin(NamedTuple):
    """Where an execution comes from: who, in which session, after which changes."""

    user: bytes
    session: bytes
    changed: Changed


class Context(NamedTuple):
    """Who ran an execution, and what was set."""

    user: str | None
    settings: Settings


NOBODY = Context(None, ())


class Kinds(dict[bytes, int]):
    """What statements do to their session's settings, by text key."""

    def __missing__(self, key: bytes) -> int:
        if len(self) >= MANY:
            self.clear()
        kind = self[key] = kind_of(key)
        return kind


class Origins:
    """Numbers the origins of a block's rows, as they are asked for."""

    def __init__(self, rows: Rows, key: NDArray[np.int32], keys: Sequence[bytes], kinds: Kinds) -> None:
        self.rows = rows
        self.table: list[Origin] = []
        self._numbers: dict[tuple[int, int, bool], int] = {}
        kind = np.fromiter(map(kinds.__getitem__, keys), dtype=np.int8, count=len(keys))
        of_row = kind[key] if len(keys) else np.zeros(0, dtype=np.int8)
        of_row = np.where((rows.role == RUN) | (rows.role >= LEFT_OUT), of_row, OTHER)
        self._first_end = _first_ends(rows, of_row)
        self._followed = _followed(rows, of_row) if (of_row == SETS).any() else {}

    def of(self, row: int) -> int:
        """Return the number of a row's origin."""
        number = int(self.rows.backend[row])
        backend = self.rows.backends[number]
        places, states = self._followed.get(backend.session, ((), ()))
        place = bisect_left(places, row)
        ended = bool(self._first_end[number] < row)
        code = (number, place, ended)
        if code not in self._numbers:
            changed = states[place - 1] if place else Changed()
            self._numbers[code] = len(self.table)
            self.table.append(Origin(backend.user, backend.session, changed._replace(ended=changed.ended or ended)))
        return self._numbers[code]

    def last(self) -> dict[bytes, Changed]:
        """Return what each session that set anything had changed at the end of the block."""
        return {session: states[-1] for session, (_, states) in self._followed.items()}


def _first_ends(rows: Rows, kind: NDArray[np.int8]) -> NDArray[np.int64]:
    """Return the row at which each backend first ends a transaction."""
    found = np.full(max(len(rows.backends), 1), np.iinfo(np.int64).max)
    ends = np.flatnonzero((kind == COMMITS) | (kind == ROLLS_BACK))[::-1]
    found[rows.backend[ends]] = ends
    return found


def _followed(rows: Rows, kind: NDArray[np.int8]) -> dict[bytes, tuple[list[int], list[Changed]]]:
    """Return, per session that sets anything, the rows after which its settings changed and what they then were."""
    setting = {rows.backends[number].session for number in np.unique(rows.backend[kind == SETS]).tolist()} - {b""}
    wanted = np.array([backend.session in setting for backend in rows.backends])
    states: dict[bytes, _Follower] = {session: _Follower() for session in setting}
    for row in np.flatnonzero((kind != OTHER) & wanted[rows.backend]).tolist():
        follower = states[rows.backends[rows.backend[row]].session]
        follower.take(row, int(kind[row]), rows.text[row], rows.parameters.get(row))
    return {session: (one.places, one.states) for session, one in states.items() if one.places}


@dataclass
class _Follower:
    """One session within a block."""

    places: list[int] = field(default_factory=list)
    states: list[Changed] = field(default_factory=list)
    cleared: bool = False
    ended: bool = False
    values: dict[str, str | None] = field(default_factory=dict)
    local: dict[str, str | None] = field(default_factory=dict)
    before: tuple[bool, dict[str, str | None]] | None = None
    """What was set when the transaction began."""

    def take(self, row: int, kind: int, text: bytes, listing: bytes | None) -> None:
        """Take in a statement that sets something, or begins or ends a transaction."""
        if kind == BEGINS:
            self.before = self.cleared, dict(self.values)
            return
        if kind == SETS:
            for change in changes(text, listing):
                self._change(change.name, change.value, change.local)
        else:
            if kind == ROLLS_BACK and self.before is not None:
                self.cleared, self.values = self.before
            self.before, self.local, self.ended = None, {}, True
        self.places.append(row)
        self.states.append(Changed(self.cleared, _sorted(self.values), _sorted(self.local), self.ended))

    def _change(self, name: str, value: str | None, local: bool) -> None:
        if name == ALL:
            self.cleared, self.values, self.local = True, {}, {}
        elif local:
            self.local[name] = value
        else:
            self.values[name] = value
            self.local.pop(name, None)


def _sorted(values: Mapping[str, str | None]) -> Changes:
    return tuple(sorted(values.items()))


class SessionStates:
    """What every session has set, from block to block, and the contexts of the executions kept."""

    def __init__(self) -> None:
        self.contexts: list[Context] = [NOBODY]
        self._numbers: dict[Context, int] = {NOBODY: 0}
        self._values: OrderedDict[bytes, dict[str, str]] = OrderedDict()
        self._local: dict[bytes, dict[str, str]] = {}

    def numbers(self, origins: Sequence[Origin]) -> list[int]:
        """Return the number of each origin's context."""
        return [self._number(origin) for origin in origins]

    def advance(self, last: Mapping[bytes, Changed]) -> None:
        """Go on to the next block; `last` is what sessions had changed at the end of this one."""
        self._local = {}
        for session, changed in last.items():
            values = {} if changed.cleared else self._values.pop(session, {})
            self._values[session] = _applied(values, changed.values)
            self._local[session] = _applied({}, changed.local)
        while len(self._values) > SESSIONS:
            self._values.popitem(last=False)

    def _number(self, origin: Origin) -> int:
        changed, session = origin.changed, origin.session
        values = {} if changed.cleared else dict(self._values.get(session, {}))
        values = _applied(values, changed.values)
        if not changed.ended and not changed.cleared:
            values |= self._local.get(session, {})
        values = _applied(values, changed.local)
        user = origin.user.decode("utf-8", "replace") or None
        context = Context(user, tuple(sorted(values.items())))
        if context not in self._numbers:
            self._numbers[context] = len(self.contexts)
            self.contexts.append(context)
        return self._numbers[context]


def _applied(values: dict[str, str], changed: Changes) -> dict[str, str]:
    """Return the settings after some changes; the dictionary given is changed."""
    for name, value in changed:
        if value is None:
            values.pop(name, None)
        else:
            values[name] = value
    return values
