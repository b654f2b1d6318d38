"""CON003: transactions that wait for their client."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.observed import Held


class IdleInTransactionEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CON003 shows for itself."""

    application: str | None
    """As the log names it."""
    transactions: int
    """Transactions seen."""
    idle: int
    """Transactions that waited for their client longer than the threshold."""
    idle_ms: float
    """How long they waited together."""
    longest_ms: float
    """The longest."""


class IdleInTransaction(Rule):
    """Finds applications whose transactions stay open while no statement runs.

    ## What it does
    Sums, for each application, the time its explicit transactions were open without a statement running, and reports
    those that idled for more than a second.

    ## Why is this bad?
    An idle transaction keeps its row locks, so that others wait; it holds back VACUUM for the whole database, so that
    tables and indexes bloat; and it occupies a connection of the pool for nothing.

    ## Known problems
    People at a psql prompt idle, too; the evidence names the application.

    ## Example
    ```python
    with session.begin():
        order = session.get(Order, 7)
        charge_credit_card(order)        # two seconds at another company
        order.paid = True
    ```

    ## Use instead
    ```python
    order = read_order(7)
    receipt = charge_credit_card(order)
    with session.begin():
        session.get(Order, 7).paid = True
    ```
    and as a guard `ALTER ROLE app SET idle_in_transaction_session_timeout = '30s'`.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 19.11, `idle_in_transaction_session_timeout`.
    """

    code = "CON003"
    name = "idle-in-transaction"
    evidence = IdleInTransactionEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each application."""
        seen = context.workload.connections
        for held in seen.held if seen else ():
            if held.idle:
                yield self._finding(held)

    def _finding(self, held: Held) -> Finding:
        return self.finding(
            (held.application or "",),
            f"{held.idle} of {held.transactions} transactions of {held.application or 'an unnamed application'} "
            f"idled for more than a second, one for {held.longest_ms / 1000:,.1f} s",
            confidence="high",
            evidence=IdleInTransactionEvidence(
                application=held.application,
                transactions=held.transactions,
                idle=held.idle,
                idle_ms=held.idle_ms,
                longest_ms=held.longest_ms,
            ),
            fix="do slow work (other services, files, sleeping) before or after the transaction, not within it; "
            "guard: ALTER ROLE … SET idle_in_transaction_session_timeout = '30s'",
            cost="what is done outside must be safe to repeat",
        )
