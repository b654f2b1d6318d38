"""CAC001: reads that a cache would have answered."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from advisor.analysis.shape import QueryShape
from advisor.rules.cac.session_dependence import hangs_on
from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.model import Query
from advisor.workload.observed import CacheRate, Reuse

HIT_RATE = 0.5
"""Share of executions a cache of a thousand results for a minute must have answered."""
EXECUTIONS = 50
WRITES_PER_READ = 0.1
"""Writes to the tables read, per read, up to which their rows count as rarely written."""


class HitRate(Struct, frozen=True, kw_only=True):
    """What a cache of so many entries, kept for so many seconds, would have answered."""

    entries: int | None
    """`None` for as many as there are."""
    ttl_s: float
    hit_rate: float
    """Share of the executions."""


class RepeatedReadEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CAC001 shows for itself."""

    executions: float
    """Executions within the loops."""
    distinct: float
    """Different sets of values."""
    hit_rates: list[HitRate]
    """What caches of several sizes and lives would have answered."""
    writes_per_read: float
    """Writes to the tables read, per read."""
    saved_ms: float
    """Time that would be saved."""


class RepeatedRead(Rule):
    """Finds reads of rarely written rows that asked for the same again and again.

    ## What it does
    Replays the captured executions against caches of several sizes and times to live, and reports SELECTs of which
    a cache of a thousand results that live for a minute would have answered half and more, while the tables they read
    were
    written at most once for every ten reads.

    ## Why is this bad?
    The answer was known. Each repetition costs a trip, a plan and the reads; together they often are the largest load
    of
    a server although each is fast.

    ## Known problems
    A cache serves stale rows for up to its time to live. The capture may be too short to show writes that come seldom.
    Rows that must be current (balances, permissions) do not belong in a cache without invalidation. Reads whose result
    hangs on the session are never reported: `current_setting`, `current_user`, `now()`, functions that are not
    IMMUTABLE, tables with row security, temporary tables, and names that several schemas of a search_path have.

    ## Example
    ```sql
    SELECT enabled FROM feature_flags WHERE name = 'beta';   -- 4 000 times an hour, always the same row
    ```

    ## Use instead
    A cache in the application's memory or beside it, with the time to live from the evidence: `cachetools.TTLCache`,
    Django's cache framework, Rails `fetch`, Redis; or one read at the start of each request.

    ## Options
    `share` (0.01): queries that take less of the workload's time are reported only when they are a hundredth of all
    executions.

    ## References
    Waldspurger et al., Efficient MRC Construction with SHARDS, FAST 2015 (how the sampled replay is scaled).
    """

    code = "CAC001"
    name = "repeated-read"
    evidence = RepeatedReadEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query worth caching."""
        calls = sum(query.calls for query in context.workload.queries)
        for reuse in context.workload.reuses:
            query, shape = context.queries.get(reuse.query), context.shapes.get(reuse.query)
            if (
                query
                and shape
                and _cacheable(query, shape, reuse, context)
                and (context.heavy(query) or query.calls >= calls / 100)
            ):
                writes = writes_per_read(query, shape, context)
                if writes <= WRITES_PER_READ:
                    yield self._finding(query, shape, reuse, writes, context)

    def _finding(self, query: Query, shape: QueryShape, reuse: Reuse, writes: float, context: RuleContext) -> Finding:
        best = best_rate(reuse)
        saved = best.hit_rate * query.total_ms
        names = ", ".join(dict.fromkeys(table.table for table in shape.tables)) or "no table"
        table = context.table(shape.tables[0]) if shape.tables else None
        return self.finding(
            (query.id,),
            f"{best.hit_rate:.0%} of the reads of {names} asked for what had been read within {best.ttl_s:g} s",
            confidence="high" if writes == 0 else "medium",
            evidence=RepeatedReadEvidence(
                executions=reuse.executions,
                distinct=reuse.distinct,
                hit_rates=[
                    HitRate(entries=rate.entries, ttl_s=rate.ttl_s, hit_rate=rate.hit_rate) for rate in reuse.rates
                ],
                writes_per_read=writes,
                saved_ms=saved,
            ),
            fix=f"keep its results: a cache of {best.entries or 'all'} entries for {best.ttl_s:g} s would have "
            f"answered {best.hit_rate:.0%} of {reuse.executions:,.0f} executions",
            table=table.qualified if table else None,
            query=query.id,
            cost=f"rows up to {best.ttl_s:g} s old, unless writers invalidate the entry",
        )


def best_rate(reuse: Reuse) -> CacheRate:
    """Return the cache to recommend: the smallest and shortest-lived that comes near the best bounded one."""
    bounded = [rate for rate in reuse.rates if rate.entries is not None]
    top = max(rate.hit_rate for rate in bounded)
    good = [rate for rate in bounded if rate.hit_rate >= 0.9 * top]
    return min(good, key=lambda rate: (rate.ttl_s, rate.entries or 0))


def writes_per_read(query: Query, shape: QueryShape, context: RuleContext) -> float:
    """Return how many statements wrote to the tables a query reads, for each time it ran."""
    tables = {(table.schema, table.table) for table in shape.tables}
    writes = 0.0
    for other, written in context.analysed():
        if any(table.role != "read" and (table.schema, table.table) in tables for table in written.tables):
            writes += other.calls
    return writes / query.calls if query.calls else 0.0


def _cacheable(query: Query, shape: QueryShape, reuse: Reuse, context: RuleContext) -> bool:
    minute = max((rate.hit_rate for rate in reuse.rates if (rate.entries, rate.ttl_s) == (1000, 60.0)), default=0.0)
    reads = shape.kind == "select" and bool(shape.tables) and hangs_on(query, shape, context) is None
    return reads and minute >= HIT_RATE and reuse.executions >= EXECUTIONS
