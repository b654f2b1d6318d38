"""What stands right before a loop or its unit of work, and how it may be the loop's parent."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from advisor.capture.assembly.parameters import split_parameters
from advisor.workload.counting.partial_aggregates import EntryKey
from advisor.workload.loops.known_keys import KnownKeys
from advisor.workload.loops.loopsum import LIMITED, PPM, ParentSum
from advisor.workload.loops.steps import STATEMENT, Content, Steps
from advisor.workload.loops.units import AROUND
from advisor.workload.loops.value_lists import listed_values
from advisor.workload.loops.vectors import shown

WINDOW = 20
"""Statements before a loop among which its parent is sought."""

WINDOW_TIME = 2_000_000
"""Microseconds before a loop within which its parent is sought."""


class Before(NamedTuple):
    """A statement that stands right before a unit of work: a list may be read before the transaction begins."""

    entry: EntryKey
    end: int
    content: Content | None


Preceding = list[Before | None]
"""The steps before a unit, the nearest first; `None` for those that are no statements."""


def preceding(steps: Steps, place: int, begin: int, content_of: Callable[[int], Content | None]) -> Preceding:
    """Return the steps before a unit, `AROUND` at most; the session begins at `begin`."""
    found: Preceding = []
    for number in range(place - 1, max(begin, place - AROUND) - 1, -1):
        entry = int(steps.entry[number])
        known = steps.classes[entry] == STATEMENT
        found.append(Before(steps.entries[entry], int(steps.end[number]), content_of(number)) if known else None)
    return found


def parent_sum(content: Content | None, between: int, length: int, values: set[bytes], keys: KnownKeys) -> ParentSum:
    """Return how one execution stands before a loop of `length` rounds; `values` are those of its only varying slot."""
    limited, lists = keys.traits(content.key) if content is not None else (False, False)
    limit = _limit(content) if content is not None and limited else None
    known = {limit: 1} if content is not None else {}
    made = ParentSum(1, between, limits=known, reached=int(limit == length))
    if content is not None and content.rows is not None:
        made.rows[content.rows] = 1
    held = listed_values(content, keys) if content is not None and lists and values else None
    if held is not None:
        made.listed = 1
        made.contained = len({shown(value) for value in values} & held) * PPM // len(values)
    return made


def _limit(content: Content) -> int | None:
    """Return the LIMIT of an execution, bound or written."""
    match = LIMITED.search(content.text)
    if match is None:
        return None
    if written := match[2] or match[4]:
        return int(written)
    number = int(match[1] or match[3])
    bound = split_parameters(content.parameters) if content.parameters is not None else None
    value = bound[number - 1] if bound is not None and number <= len(bound) else None
    return int(value) if value is not None and value.isdigit() else None
