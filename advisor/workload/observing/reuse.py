"""Simulates caches on the captured executions: what share would have been answered without the server."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from advisor.workload.observed import CacheRate, Reuse

CACHES: tuple[tuple[int | None, tuple[float, ...]], ...] = (
    (100, (60.0,)),
    (1000, (10.0, 60.0, 600.0)),
    (None, (600.0,)),
)
"""Entries and seconds to live of the caches that are tried."""


@dataclass(slots=True)
class _Cache:
    """Caches of one size of one query's results, that hold the same contents and differ in how long they keep them.

    What is stored is a content, and for each time to live the moment since when it is kept.
    """

    entries: int | None
    ttls_s: tuple[float, ...]
    stored: OrderedDict[int, list[float]] = field(default_factory=OrderedDict)
    hits: list[float] = field(init=False)

    def __post_init__(self) -> None:
        self.hits = [0.0] * len(self.ttls_s)

    def ask(self, time: float, content: int, scale: float) -> None:
        stored = self.stored
        since = stored.get(content)
        if since is not None:
            stored.move_to_end(content)
            for place, ttl in enumerate(self.ttls_s):
                if time - since[place] <= ttl:
                    self.hits[place] += scale
                else:
                    since[place] = time
            return
        stored[content] = [time] * len(self.ttls_s)
        # A sample of 1/scale of the contents meets a cache of 1/scale of the entries (SHARDS, FAST 2015).
        if self.entries is not None and len(stored) > max(1, round(self.entries / scale)):
            stored.popitem(last=False)


@dataclass(slots=True)
class _Query:
    executions: float = 0.0
    contents: dict[int, float] = field(default_factory=dict)
    caches: tuple[_Cache, ...] = field(default_factory=lambda: tuple(_Cache(*cache) for cache in CACHES))


class ReuseMeter:
    """Takes executions in the order of the log and gives the hit rates caches would have had."""

    def __init__(self) -> None:
        self._queries: dict[str, _Query] = {}

    def see(self, end_s: float, query_id: str, content: int, scale: float = 1.0) -> None:
        """Count one execution; `content` is a hash of text and values, `scale` what one sampled content stands for."""
        query = self._queries.get(query_id)
        if query is None:
            query = self._queries[query_id] = _Query()
        query.executions += scale
        query.contents[content] = scale
        for cache in query.caches:
            cache.ask(end_s, content, scale)

    def result(self) -> tuple[Reuse, ...]:
        """Return the queries of which anything was asked twice, most executions first."""
        found = [
            Reuse(name, query.executions, sum(query.contents.values()), _rates(query))
            for name, query in self._queries.items()
            if any(any(cache.hits) for cache in query.caches)
        ]
        return tuple(sorted(found, key=lambda reuse: (-reuse.executions, reuse.query)))


def _rates(query: _Query) -> tuple[CacheRate, ...]:
    return tuple(
        CacheRate(cache.entries, ttl, hits / query.executions)
        for cache in query.caches
        for ttl, hits in zip(cache.ttls_s, cache.hits, strict=True)
    )
