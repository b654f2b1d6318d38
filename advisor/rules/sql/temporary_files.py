"""SQL010: a sort or hash that spilled to disk."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.rules.context import RuleContext
from advisor.rules.evidence import Evidence
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule
from advisor.workload.observed import Incident


class TemporaryFilesEvidence(Evidence, frozen=True, kw_only=True):
    """What a finding of SQL010 shows for itself."""

    files: int
    """Temporary files written."""
    bytes: float
    """Their size together."""
    largest: float
    """The largest one, bytes."""


class TemporaryFiles(Rule):
    """Finds queries whose sorts or hashes did not fit into memory.

    ## What it does
    Sums the temporary files that the log reports (`log_temp_files`) for each query.

    ## Why is this bad?
    What does not fit into `work_mem` is written to disk and read back, often several times over.

    ## Known problems
    `work_mem` holds for each sort and hash of each session: raise it for the query or its role, not for the whole
    server.

    ## Example
    ```sql
    SELECT * FROM messages ORDER BY created_at;   -- temporary file: 350 MB
    ```

    ## Use instead
    ```sql
    CREATE INDEX CONCURRENTLY ON messages (created_at);   -- delivers the order, nothing to sort
    SET LOCAL work_mem = '512MB';                          -- or: memory for this one transaction
    ```

    ## Options
    None.

    ## References
    PostgreSQL manual, chapter 19.4, `work_mem`; chapter 19.8, `log_temp_files`.
    """

    code = "SQL010"
    name = "temporary-files"
    evidence = TemporaryFilesEvidence

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each query that spilled."""
        for incident in context.workload.incidents:
            if incident.kind == "temporary-file":
                yield self._finding(incident, context)

    def _finding(self, incident: Incident, context: RuleContext) -> Finding:
        shape = context.shapes.get(incident.query or "")
        table = context.table(shape.tables[0]) if shape and shape.tables else None
        memory = max(4, round(2.5 * incident.largest / 2**20))
        name = f"a query of {table.name}" if table else "a query the log does not name"
        return self.finding(
            (incident.query or "",),
            f"{name} wrote {incident.count} temporary files, the largest of {incident.largest / 2**20:,.1f} MB",
            confidence="high",
            evidence=TemporaryFilesEvidence(
                files=incident.count,
                bytes=incident.total,
                largest=incident.largest,
            ),
            fix=f"an index that delivers the order, fewer or narrower rows, or SET LOCAL work_mem = '{memory}MB'",
            table=table.qualified if table else None,
            query=incident.query,
            proposal=context.proposal_for(incident.query or "", table.name) if table else None,
            cost="memory, for each sort and hash of each session that runs it at once",
        )
