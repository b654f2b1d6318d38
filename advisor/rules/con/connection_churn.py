"""CON001: connections opened for a moment."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.observed import Connections

OPENED = 20
"""Connections that must have been opened before their lives mean anything."""
SHORT = 0.3
"""Share of connections that live less than a second from which on it is a habit."""


class ConnectionChurnEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of CON001 shows for itself."""

    application: str | None
    """As the log names it."""
    opened: int
    """Connections opened."""
    closed: int
    """Connections closed."""
    short: int
    """Connections that lived shortly."""
    median_life_s: float | None
    """Median life of a connection."""
    opened_per_second: float
    """In the whole capture."""
    by_application: dict[str, int]
    """Connections opened, by application."""


class ConnectionChurn(Rule):
    """Finds applications that open a connection for every request.

    ## What it does
    Reads the log's connection messages (`log_connections`, `log_disconnections`) and reports when a third and more of
    at
    least twenty connections lived less than a second.

    ## Why is this bad?
    Each connection is a process to fork, a TLS handshake, an authentication, and empty caches for catalog and plans:
    some
    5 to 50 ms before the first statement, often longer than the statement itself.

    ## Known problems
    Health checks and cron jobs open short connections on purpose; the evidence counts by application or user.

    ## Example
    ```python
    def handler(request):
        with psycopg.connect(URL) as connection: ...
    ```

    ## Use instead
    ```python
    pool = psycopg_pool.ConnectionPool(URL, min_size=4)   # once
    def handler(request):
        with pool.connection() as connection: ...
    ```
    SQLAlchemy's engine is a pool already (create one engine, not one per request); Django: `CONN_MAX_AGE` or its `pool`
    option; for many processes: PgBouncer.

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 19.8, `log_connections`.
    """

    code = "CON001"
    name = "connection-churn"
    evidence = ConnectionChurnEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding at most."""
        seen = context.workload.connections
        if seen and seen.opened >= OPENED and seen.closed and seen.short / seen.closed >= SHORT:
            yield self._finding(seen)

    def _finding(self, seen: Connections) -> Finding:
        most = seen.by_application[0][0] if seen.by_application else None
        return self.finding(
            (most or "",),
            f"{seen.short} of {seen.closed} connections lived less than a second, most of them of {most or 'one user'}",
            confidence="high",
            evidence=ConnectionChurnEvidence(
                application=most,
                opened=seen.opened,
                closed=seen.closed,
                short=seen.short,
                median_life_s=seen.median_life_s,
                opened_per_second=seen.opened_per_second,
                by_application={name or "": count for name, count in seen.by_application},
            ),
            fix="keep connections in a pool: one engine or pool per process, PgBouncer before many processes",
            cost="idle connections: some 2 to 10 MB of server memory each",
        )
