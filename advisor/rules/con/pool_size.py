"""CON002: more connections than the work needs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence, Spread
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.observed import Connections

PEAK = 10
"""Connections open at once below which a pool's size does not matter."""
SPARE = 1.5
"""How much larger than the busiest instant a pool should be."""
WITHIN = 3.0
"""How far requests that come at random crowd above their mean, in its square roots."""


class PoolSizeEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CON002 shows for itself."""

    peak: int
    """Sessions connected at once."""
    at_once: float
    """Sessions at work at one instant, at most."""
    busy: Spread
    """Sessions at work at once, over the seconds with any work."""
    recommended: int
    """Connections that the captured work needs."""


class PoolSize(Rule):
    """Finds pools that hold far more connections than were ever busy at once.

    ## What it does
    Looks, a hundred times a second, how many sessions ran a statement or held a transaction at that instant, and
    compares the most with the connections that were open. Recommends a size: one and a half times the most.

    ## Why is this bad?
    Each connection is a process with its own memory, and every one takes part when a snapshot is taken. A pool larger
    than
    the work only moves the queue from the application, where it is visible, into the server, where all wait for the
    same
    cores and locks.

    ## Known problems
    A capture of a quiet hour says little about the busy one: capture at the peak. Several application servers share the
    recommended number.

    ## Example
    ```python
    create_engine(URL, pool_size=100, max_overflow=100)   # never more than 12 busy at once
    ```

    ## Use instead
    ```python
    create_engine(URL, pool_size=14, max_overflow=4, pool_pre_ping=True, pool_recycle=1800)
    ```

    ## Options
    None.

    ## References
    PostgreSQL wiki, Number Of Database Connections.
    """

    code = "CON002"
    name = "pool-size"
    evidence = PoolSizeEvidence
    level = "info"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding at most."""
        seen = context.workload.connections
        if seen and seen.units and seen.peak >= max(PEAK, 2 * recommended(seen)):
            yield self._finding(seen)

    def _finding(self, seen: Connections) -> Finding:
        size = recommended(seen)
        median, p95, busiest = seen.busy
        most = at_once(seen)
        return self.finding(
            ("pool",),
            f"{seen.peak} connections were open at once, of which {most} were ever busy at one instant",
            confidence="medium",
            evidence=PoolSizeEvidence(
                peak=seen.peak,
                at_once=most,
                busy=Spread(median=median, p95=p95, max=busiest),
                recommended=size,
            ),
            fix=f"a pool of {size} over all application processes together (pool_size and max_overflow, or PgBouncer)",
            cost="requests beyond it wait in the application: set a pool timeout and watch it",
        )


def recommended(seen: Connections) -> int:
    """Return the pool size the captured work needs."""
    return max(2, math.ceil(SPARE * at_once(seen)))


def at_once(seen: Connections) -> int:
    """Return the most sessions busy at one instant; a capture without it tells of means over a second only."""
    return seen.at_once or math.ceil(seen.busy[2] + WITHIN * math.sqrt(seen.busy[2]))
