"""The revision of a finding that proposes a statistics object: `CREATE STATISTICS` and the `ANALYZE` that fills it."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.extended import ExtendedStatistics
from advisor.revisions.body import BUILD_LOCK_TIMEOUT, Body
from advisor.revisions.escape import text_literal
from advisor.rules.finding import Finding

ANALYZE_TIMEOUT = "15min"
"""How long a statement may run; neither of them blocks a reader or writer, so it is generous."""

TEXT_WIDTH = 100
"""Characters of a query's text that are shown."""

_TIMED = f"""\
op.execute("SET statement_timeout = '{ANALYZE_TIMEOUT}'")
op.execute("SET lock_timeout = '{BUILD_LOCK_TIMEOUT}'")
{{statements}}
op.execute("RESET lock_timeout")
op.execute("RESET statement_timeout")
"""


@dataclass(frozen=True, slots=True)
class StatisticsChange:
    """What one revision file does: make one statistics object and fill it."""

    statistics: ExtendedStatistics
    proposal: Finding
    """The finding that proposes it."""
    kind: Literal["statistics"] = "statistics"
    definition: None = None

    @property
    def name(self) -> str:
        """Return the object's name."""
        return self.statistics.name

    def revision_id(self, down_revision: str | None) -> str:
        """Return the revision id: derived from the content and the place in the history, so it is reproducible."""
        text = "\0".join([self.kind, self.statistics.ddl, down_revision or ""])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def statistics_changes(findings: Sequence[Finding]) -> Iterator[StatisticsChange]:
    """Yield one change for each statistics object that the findings propose, in their order."""
    proposed = {finding.statistics: finding for finding in reversed(findings) if finding.statistics}
    for statistics, finding in reversed(proposed.items()):
        yield StatisticsChange(statistics, finding)


def statistics_body(change: StatisticsChange) -> Body:
    """Return the body of the revision; autogenerate knows no statistics objects, so no model needs a line."""
    statements = [change.statistics.ddl, _analyze(change)]
    upgrade = "\n".join(f"op.execute({text_literal(statement)})" for statement in statements)
    downgrade = f"op.execute({text_literal(_drop(change))})"
    return Body(_TIMED.format(statements=upgrade), _TIMED.format(statements=downgrade), "")


def statistics_sql(change: StatisticsChange) -> str:
    """Return the statements of a change as plain SQL, one per line, timeouts set and reset."""
    lines = [
        f"SET statement_timeout = '{ANALYZE_TIMEOUT}';", f"SET lock_timeout = '{BUILD_LOCK_TIMEOUT}';",
        f"{change.statistics.ddl};", f"{_analyze(change)};",
        "RESET lock_timeout;", "RESET statement_timeout;",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def statistics_title(change: StatisticsChange) -> str:
    """Return the one-line message; Alembic names the file after it."""
    statistics = change.statistics
    return f"Statistics ({', '.join(statistics.kinds)}) of {statistics.table} ({', '.join(statistics.columns)})"


def statistics_evidence(change: StatisticsChange, queries: Mapping[str, str]) -> str:
    """Return the paragraphs below the title: what was found, the figures, the queries, the price."""
    finding = change.proposal
    names = ("estimated_rows", "rows_per_call", "q_error", "calls")
    figures = [
        f"{name.replace('_', ' ') + ':':<16}{finding.evidence[name]:,}" for name in names if name in finding.evidence
    ]
    hurt = finding.evidence.get("queries") or [finding.query]
    texts = [queries[query] for query in hurt if query in queries]
    shown = [f"- {textwrap.shorten(text, TEXT_WIDTH, placeholder=' ...')}" for text in texts]
    paragraphs = [
        textwrap.fill(f"{finding.title}.", TEXT_WIDTH),
        "\n".join([*figures, f"{'confidence:':<16}{finding.confidence}"]),
        "\n".join(["Queries:", *shown]) if shown else "",
        textwrap.fill(f"{finding.cost}.", TEXT_WIDTH) if finding.cost else "",
        f"Finding {finding.id} ({finding.code}) of pgadvisor.",
    ]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _analyze(change: StatisticsChange) -> str:
    return f"ANALYZE {change.statistics.qualified_table}"


def _drop(change: StatisticsChange) -> str:
    return f"DROP STATISTICS IF EXISTS {change.statistics.qualified}"
