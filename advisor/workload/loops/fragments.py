"""The steps at the edges of a block, whose units reach beyond it, by session; between processes, all in one piece."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from advisor.workload.loops.loop_parents import Preceding
from advisor.workload.loops.steps import Content, Steps, joined


@dataclass(slots=True)
class Fragment:
    """The steps of one session in one block that belong to units reaching beyond it."""

    head: Steps
    """Up to the first sure boundary."""
    tail: Steps | None
    """From the last sure boundary; `None` when the block holds none, and `head` holds all."""
    before: Preceding = field(default_factory=list)
    """The steps right before the tail, the nearest first."""
    pauses: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """The last pauses of the session before the tail."""
    after: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """The first pauses after the head."""


class Fragments(dict[bytes, Fragment]):
    """The fragments of one block; their steps have the same entries. Pickles as the columns of all of them together."""

    def parts(self) -> list[Steps]:
        """Return the steps of all fragments, head before tail."""
        return [part for one in self.values() for part in (one.head, one.tail) if part is not None]

    def __reduce__(self) -> tuple[Callable[..., Fragments], tuple[object, ...]]:
        parts = self.parts()
        if not parts:
            return Fragments, ()
        whole = joined(parts, parts[0].entries, parts[0].classes)
        befores = [(one.tail is not None, one.before, one.pauses, one.after) for one in self.values()]
        return _unpickled, (list(self), befores, [len(part) for part in parts], whole)


def _unpickled(
    sessions: Sequence[bytes],
    befores: Sequence[tuple[bool, Preceding, NDArray[np.int64], NDArray[np.int64]]],
    lengths: Sequence[int],
    whole: Steps,
) -> Fragments:
    parts = iter(_split(whole, lengths))
    found = Fragments()
    for session, (tailed, before, pauses, after) in zip(sessions, befores, strict=True):
        found[session] = Fragment(next(parts), next(parts) if tailed else None, before, pauses, after)
    return found


def _split(whole: Steps, lengths: Sequence[int]) -> list[Steps]:
    """Return the parts of these lengths that steps were joined of."""
    contents = iter(whole.contents.items())
    place, content = next(contents, (len(whole), None))
    found: list[Steps] = []
    for begin, end in pairwise(accumulate(lengths, initial=0)):
        held: dict[int, Content] = {}
        while place < end and content is not None:
            held[place - begin] = content
            place, content = next(contents, (len(whole), None))
        found.append(whole.span(begin, end, held))
    return found
