"""Measures connections: how often opened, how long they live, how many are busy at once, how long they idle."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Literal

from advisor.workload.observed import Connections, Held

ConnectionEvent = Literal["received", "authorized", "disconnected"]

SHORT_S = 1.0
"""A connection that lives less was opened for one request."""
IDLE_MS = 1000.0
"""A transaction that idles longer holds locks and a connection for nothing."""
WAITING = 10_000
"""Connections received and not yet authorised that are remembered."""
LONGEST_S = 100_000
"""Seconds a unit of work may spread over; a longer one is a session somebody forgot, and is left out of `busy`."""


class ConcurrencyMeter:
    """Takes connection messages and units of work in the order of the log."""

    def __init__(self) -> None:
        self._lives: dict[str, float] = {}
        self._received: dict[str, float] = {}
        self._peak_received = 0
        self._ended: list[float] = []
        self._opened: Counter[str | None] = Counter()
        self._closed = self._short = self._peak = self._units = 0
        self._times: tuple[float, float] | None = None
        self._busy: defaultdict[int, float] = defaultdict(float)
        self._held: dict[str | None, Held] = {}

    def see(
        self, time_s: float, session: str, kind: ConnectionEvent, user: str | None, application: str | None
    ) -> None:
        """Count a connection message; `received` and `authorized` of one session are one opening.

        One that is never authorised (a probe, a refusal) was never open, unless the log tells of no authorisation.
        """
        self._span(time_s, time_s)
        if kind == "disconnected":
            self._close(time_s, session)
        elif kind == "received":
            self._received[session] = time_s
            self._peak_received = max(self._peak_received, len(self._lives) + len(self._received))
            if len(self._received) > WAITING:
                self._received.pop(next(iter(self._received)))
        else:
            self._opened[application or user] += 1
            self._lives.setdefault(session, self._received.pop(session, time_s))
            self._peak = max(self._peak, len(self._lives))

    def see_unit(
        self, begin_s: float, end_s: float, busy_ms: float, statements: int, transaction: bool, application: str | None
    ) -> None:
        """Count a unit of work: when it held its connection, and for how long statements ran within."""
        self._units += 1
        self._span(begin_s, end_s)
        held_s = end_s - begin_s if transaction else min(busy_ms / 1000, end_s - begin_s)
        self._spread(begin_s, begin_s + max(held_s, 0.0))
        if transaction and statements:
            self._hold(application, max((end_s - begin_s) * 1000 - busy_ms, 0.0))

    def result(self) -> Connections | None:
        """Return what was measured, `None` when nothing was seen."""
        if self._times is None:
            return None
        lives, busy = sorted(self._ended), sorted(self._busy.values())
        return Connections(
            opened=sum(self._opened.values()),
            closed=self._closed,
            median_life_s=lives[len(lives) // 2] if lives else None,
            short=self._short,
            peak=self._peak or self._peak_received,
            begin=self._times[0],
            end=self._times[1],
            busy=(_quantile(busy, 0.5), _quantile(busy, 0.95), busy[-1] if busy else 0.0),
            units=self._units,
            by_application=tuple(sorted(self._opened.items(), key=lambda entry: (-entry[1], entry[0] or ""))),
            held=tuple(sorted(self._held.values(), key=lambda held: (-held.idle_ms, held.application or ""))),
        )

    def _close(self, time_s: float, session: str) -> None:
        self._closed += 1
        received = self._received.pop(session, None)
        begin = self._lives.pop(session, received)
        if begin is not None:
            self._ended.append(time_s - begin)
            self._short += time_s - begin < SHORT_S

    def _span(self, begin_s: float, end_s: float) -> None:
        old = self._times or (begin_s, end_s)
        self._times = (min(old[0], begin_s), max(old[1], end_s))

    def _spread(self, begin_s: float, end_s: float) -> None:
        first, last = int(begin_s), int(end_s)
        if last - first > LONGEST_S:
            return
        for second in range(first, last + 1):
            self._busy[second] += max(min(end_s, second + 1) - max(begin_s, second), 0.0)

    def _hold(self, application: str | None, idle_ms: float) -> None:
        held = self._held.get(application, Held(application, 0, 0, 0.0, 0.0))
        self._held[application] = replace(
            held,
            transactions=held.transactions + 1,
            idle=held.idle + (idle_ms > IDLE_MS),
            idle_ms=held.idle_ms + idle_ms,
            longest_ms=max(held.longest_ms, idle_ms),
        )


def _quantile(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)] if values else 0.0
