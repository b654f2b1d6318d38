"""What each pending revision does to the workload on rows: revisions are applied one by one to a copy.

A revision can change a query's time only where it changes its plan (or the table itself), so after each one only the
queries whose plan is another are measured, against the database as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg

from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.judging import factor, judge
from advisor.verify.measuring.plan_outline import Outline
from advisor.verify.measuring.timing import Measured, measure, outlines, with_values
from advisor.verify.proof import RevisionVerdict, StatementFailure, Timing
from advisor.verify.running.failed import RevisionFailure
from advisor.verify.running.scratch import plain_url
from advisor.verify.running.upgrade import History

_AGAIN = 2
"""How often a query that seems slower is measured anew before it is called so."""

Plans = Mapping[str, tuple[Outline | None, ...]]


@dataclass
class Effects:
    """A database as it is, its copy on which revisions are applied, and what was seen so far."""

    history: History
    original: str
    copy: str
    statements: Mapping[str, Sequence[BoundStatement]]
    limit: float
    runs: int
    seconds: float
    """Time to measure with, for each revision."""
    failures: list[StatementFailure] = field(default_factory=list)
    _factors: dict[str, float] = field(default_factory=dict)
    """By which factor the revisions so far changed each query."""

    def verdicts(self, revisions: Sequence[str]) -> Iterator[RevisionVerdict]:
        """Apply the revisions in their order, and yield what each one did."""
        self.statements = with_values(self.statements)
        plans = outlines(self.copy, self.statements)
        for revision in revisions:
            ran = self.history.upgrade_all(self.copy, revision)
            if ran.failed:
                self.history = self.history.without(*(one.revision for one in ran.failed))
                yield from (_refused(one) for one in ran.failed)
            self._refresh()
            later = outlines(self.copy, self.statements)
            changed = [query for query in self.statements if plans[query] != later[query]]
            plans = later
            if revision in ran.applied:
                yield self._verdict(revision, changed)

    def _refresh(self) -> None:
        """Give new expressions and statistics objects what autovacuum's ANALYZE would: they have no statistics yet."""
        with psycopg.connect(plain_url(self.copy), autocommit=True) as connection:
            for (table,) in connection.execute(_WITHOUT_STATISTICS).fetchall():
                connection.execute(b"ANALYZE " + str(table).encode())

    def _verdict(self, revision: str, changed: Sequence[str]) -> RevisionVerdict:
        measured = self._measure(changed, self.seconds)
        slower: list[str] = []
        faster: list[str] = []
        for timing in measured.timings:
            earlier = self._factors.get(timing.query, 1.0)
            found = judge(timing, self.limit, earlier)
            if found == "slower":
                timing = self._once_more(timing, earlier)
                found = judge(timing, self.limit, earlier)
            self._factors[timing.query] = factor(timing)
            if found != "same":
                (slower if found == "slower" else faster).append(_told(timing, earlier))
        broken = [f"{one.query[:12]} fails: {one.reason}" for one in self._news(measured)]
        if slower or broken:
            why = f"slower by the limit of {self.limit:g}: {'; '.join(slower)}" if slower else ""
            gains = f"faster: {'; '.join(faster)}" if faster else ""
            return RevisionVerdict(revision, "revert", ". ".join(filter(None, (why, *broken, gains))))
        if faster:
            return RevisionVerdict(revision, "keep", f"faster: {'; '.join(faster)}")
        if changed:
            return RevisionVerdict(revision, "no effect", f"{len(changed)} queries are planned anew, none is faster")
        return RevisionVerdict(revision, "no effect", "no measured query is planned otherwise")

    def _measure(self, queries: Sequence[str], seconds: float) -> Measured:
        chosen = {query: self.statements[query] for query in queries}
        if not chosen:
            return Measured(())
        return measure(self.copy, chosen, before_url=self.original, runs=self.runs, seconds=seconds)

    def _once_more(self, timing: Timing, earlier: float) -> Timing:
        for _ in range(_AGAIN):
            again = self._measure([timing.query], self.seconds / 4).timings
            if not again:
                return timing
            timing = again[0]
            if judge(timing, self.limit, earlier) != "slower":
                return timing
        return timing

    def _news(self, measured: Measured) -> list[StatementFailure]:
        """Note the failures, and return those that the original does not have."""
        known = {one.query for one in self.failures}
        self.failures += [one for one in measured.failures if one.query not in known]
        return [one for one in measured.failures if one.side == "after" and one.query not in known]


_WITHOUT_STATISTICS = """
SELECT DISTINCT i.indrelid::pg_catalog.regclass::pg_catalog.text
FROM pg_catalog.pg_index i
WHERE i.indexprs IS NOT NULL AND i.indrelid >= 16384
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_class c ON c.relname = s.tablename
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
                  WHERE c.oid = i.indexrelid)
UNION
SELECT DISTINCT e.stxrelid::pg_catalog.regclass::pg_catalog.text
FROM pg_catalog.pg_statistic_ext e
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_stats_ext s
                  JOIN pg_catalog.pg_namespace n ON n.nspname = s.statistics_schemaname
                  WHERE s.statistics_name = e.stxname AND n.oid = e.stxnamespace)
ORDER BY 1
"""


def _refused(failed: RevisionFailure) -> RevisionVerdict:
    return RevisionVerdict(failed.revision, "revert", f"it fails on these rows: {failed.what}")


def _told(timing: Timing, earlier: float) -> str:
    before, after = timing.before[0] * earlier, timing.after[0]
    return f"{timing.query[:12]} {before:.2f} → {after:.2f} ms"
