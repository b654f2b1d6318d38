"""Tells which of a prefix's numbers is the process id and which the line number, by how they behave.

Within a session the process id stays and the line number rises from 1, by one for each line that the server writes
(`log_line_prefix` in the documentation). Where sessions are short and come one after the other, both readings may fit;
then nothing is asserted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations
from typing import NamedTuple

LARGEST_PID = 1 << 22
"""Linux gives no larger process id."""

STEP = 4
"""Lines a session writes at most, as a rule, from one statement to the next: DETAIL and STATEMENT are lines too."""

CLEAR = 0.25
"""Difference of two readings from which one is right."""


class Reading(NamedTuple):
    """Which columns are process id and line number."""

    pid: int
    line: int | None
    doubtful: bool


def session_and_line(values: Mapping[int, Sequence[int]], line_marked: int | None, pid: int | None) -> Reading | None:
    """Return the reading of columns of numbers, given by their places; `None` without a column.

    `line_marked` is the column that the prefix marks as line number, as in `[%l-1]`; `pid` the one known to be the
    process id.
    """
    if not values and pid is None:
        return None
    if pid is None and len(values) == 1:
        return Reading(next(iter(values)), None, False)
    if line_marked is not None and line_marked in values and (pid is not None or len(values) > 1):
        rest = {place: found for place, found in values.items() if place != line_marked}
        chosen = (
            pid if pid is not None else max(rest, key=lambda place: (_fits(rest[place], values[line_marked]), -place))
        )
        return Reading(chosen, line_marked, False)
    if pid is not None:
        return Reading(pid, next(iter(values), None), False)
    scores = {pair: _fits(values[pair[0]], values[pair[1]]) for pair in permutations(values, 2)}
    best = max(scores, key=lambda pair: (scores[pair], -pair[0], -pair[1]))
    return Reading(*best, scores[best] - scores[best[1], best[0]] < CLEAR)


def _fits(pids: Sequence[int], lines: Sequence[int]) -> float:
    """Return how well two columns behave as process id and line number: the higher the better, negative where never."""
    if min(pids) <= 0 or max(pids) > LARGEST_PID or min(lines) < 1:
        return -1.0
    last: dict[int, int] = {}
    rises = steps = repeats = fresh = 0
    for pid, line in zip(pids, lines, strict=True):
        if pid in last:
            repeats += 1
            rises += line > last[pid]
            steps += 0 < line - last[pid] <= STEP
        else:
            fresh += line <= STEP
        last[pid] = line
    if not repeats:
        return fresh / len(last)
    stays = sum(one == other for one, other in pairwise(pids)) / max(len(pids) - 1, 1)
    return rises / repeats + 0.5 * steps / repeats + 0.5 * fresh / len(last) + stays
