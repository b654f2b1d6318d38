"""How many sessions were busy at one instant: not the mean of a second, and the same wherever a log is cut."""

from __future__ import annotations

import random

import numpy as np

from advisor.rules.con.pool_size import recommended
from advisor.workload.observed import Connections
from advisor.workload.observing.busy import SECOND, BusySum, look, spread


def seen(spans: list[tuple[int, int]]) -> BusySum:
    found = BusySum()
    start, end = (np.array(part, dtype=np.int64) for part in zip(*spans, strict=True))
    spread(found.seconds, start, end)
    look(found.ticks, start, end)
    return found


def test_a_crowd_of_a_moment_is_seen_where_a_mean_over_its_second_hides_it() -> None:
    crowd = [(5 * SECOND, 5 * SECOND + 30_000)] * 40
    one_by_one = [(7 * SECOND + 20_000 * place, 7 * SECOND + 20_000 * (place + 1)) for place in range(50)]
    found = seen([*crowd, *one_by_one])
    assert found.at_once() == 40
    assert found.concurrency()[2] < 2
    assert seen(one_by_one).at_once() == 1


def test_it_counts_what_a_sweep_over_all_spans_counts() -> None:
    chance = random.Random(4)
    spans = []
    for _ in range(300):
        begin = chance.randrange(0, 20 * SECOND)
        spans.append((begin, begin + chance.randrange(1, 400_000)))
    instants = range(0, 21 * SECOND, 10_000)
    most = max(sum(begin <= instant < end for begin, end in spans) for instant in instants)
    assert seen(spans).at_once() == most


def test_parts_of_a_log_add_up_to_the_whole() -> None:
    spans = [(place * 3_000, place * 3_000 + 2_500_000) for place in range(200)]
    parts = seen(spans[:70])
    for part in (spans[70:120], spans[120:]):
        parts.merge(seen(part))
    assert parts.at_once() == seen(spans).at_once()


def test_a_pool_is_sized_by_the_instant() -> None:
    crowd = Connections(200, 0, None, 0, 200, 0.0, 60.0, (0.5, 1.0, 1.2), 900, at_once=40)
    assert recommended(crowd) == 60
