"""CON004: statements that wait for a lock."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.observed import Incident


class LockWaitsEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CON004 shows for itself."""

    waits: int
    """Waits for a lock."""
    waited_ms: float
    """How long they took together."""
    longest_ms: float
    """The longest."""
    lock: str | None
    """The mode waited for."""
    relation: str | None
    """The table, where the log names it."""


class LockWaits(Rule):
    """Finds statements that waited for locks longer than `deadlock_timeout`.

    ## What it does
    Sums the log's lock waits (`log_lock_waits`) for each query and relation.

    ## Why is this bad?
    The waiting statement does nothing and holds its own locks meanwhile, so that waits pile up behind it.

    ## Known problems
    Only waits longer than `deadlock_timeout` (one second) are logged; those reported while still going on count once
    they
    are over.

    ## Example
    ```sql
    UPDATE counters SET value = value + 1 WHERE name = 'visits';   -- every request, one row
    ```

    ## Use instead
    Shorter transactions, the hot row last in each; rows locked in the same order everywhere; `FOR NO KEY UPDATE`, or
    `SKIP LOCKED` for queues; a counter spread over several rows; `lock_timeout` for schema changes.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 13.3, Explicit Locking; chapter 19.8, `log_lock_waits`.
    """

    code = "CON004"
    name = "lock-waits"
    evidence = LockWaitsEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query and relation."""
        for incident in context.workload.incidents:
            if incident.kind == "lock-wait":
                yield self._finding(incident, context)

    def _finding(self, incident: Incident, context: RuleContext) -> Finding:
        shape = context.shapes.get(incident.query or "")
        table = context.table(shape.tables[0]) if shape and shape.tables else None
        where = incident.relation or (table.name if table else "an unnamed relation")
        return self.finding(
            (incident.query or "", incident.relation or "", incident.lock or ""),
            f"{incident.count} waits for a lock on {where}, {incident.total / 1000:,.1f} s in all",
            confidence="high",
            evidence=LockWaitsEvidence(
                waits=incident.count,
                waited_ms=incident.total,
                longest_ms=incident.largest,
                lock=incident.lock,
                relation=incident.relation,
            ),
            fix="shorten the transactions that hold it, touch the contended row last, lock in one order everywhere",
            table=table.qualified if table else None,
            query=incident.query,
            cost="none",
        )
