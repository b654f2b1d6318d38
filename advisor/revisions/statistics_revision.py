"""The revision of a finding that proposes a statistics object: `CREATE STATISTICS` and the `ANALYZE` that fills it."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.revisions.body import IMPORTS, Body, within_transaction
from advisor.revisions.concurrently import BUILD_LOCK_TIMEOUT
from advisor.revisions.escape import text_literal
from advisor.revisions.timeouts import kept, restored
from advisor.rules.finding import Finding

ANALYZE_TIMEOUT = "15min"
"""How long a statement may run; neither of them blocks a reader or writer, so it is generous."""

TEXT_WIDTH = 100
"""Characters of a query's text that are shown."""

_LINE = 120
"""Characters of a line of source; a longer statement is broken before its clauses."""
_CLAUSE = re.compile(r" (?=ON |FROM |\()")


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
    proposed: dict[ExtendedStatistics, Finding] = {}
    for finding in findings:
        if finding.statistics:
            proposed.setdefault(finding.statistics, finding)
    for statistics, finding in proposed.items():
        yield StatisticsChange(statistics, finding)


def statistics_body(change: StatisticsChange) -> Body:
    """Return the body of the revision; autogenerate knows no statistics objects, so no model needs a line."""
    upgrade = "\n".join([_execute(change.statistics.ddl), _execute(_analyze(change))])
    down = f"{_timed(change, _execute(_drop(change)))}table.name_leftovers()\n"
    return Body(_timed(change, upgrade), down, IMPORTS)


def _timed(change: StatisticsChange, calls: str) -> str:
    statistics = change.statistics
    limits = (BUILD_LOCK_TIMEOUT, ANALYZE_TIMEOUT)
    return within_transaction(statistics.table_schema, statistics.table, limits, calls)


def statistics_sql(change: StatisticsChange) -> str:
    """Return the statements of a change as plain SQL, one per line, timeouts set and reset."""
    chosen = [f"SET statement_timeout = '{ANALYZE_TIMEOUT}'", f"SET lock_timeout = '{BUILD_LOCK_TIMEOUT}'"]
    lines = [*kept(), *chosen, change.statistics.ddl, _analyze(change), *restored()]
    return "".join(f"{line};\n" for line in lines)


def statistics_title(change: StatisticsChange) -> str:
    """Return the one-line message; Alembic names the file after it."""
    statistics = change.statistics
    return f"Statistics ({', '.join(statistics.kinds)}) of {statistics.table} ({', '.join(statistics.columns)})"


def statistics_evidence(change: StatisticsChange, queries: Mapping[str, str]) -> str:
    """Return the paragraphs below the title: what was found, the figures, the queries, the price."""
    finding = change.proposal
    names = ("estimated_rows", "rows_per_call", "q_error", "calls")
    facts = finding.facts
    figures = [f"{name.replace('_', ' ') + ':':<16}{facts[name]:,}" for name in names if name in facts]
    hurt = facts.get("queries") or [finding.query]
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


def _execute(statement: str) -> str:
    """Return the call that runs a statement, over as many lines as a formatter would give it."""
    literal = text_literal(statement)
    room = _LINE - len("        op.execute()")
    if len(literal) <= room:
        return f"op.execute({literal})"
    if len(literal) <= _LINE - 12:
        return f"op.execute(\n    {literal}\n)"
    inner = literal.removeprefix("sa.text(").removesuffix(")")
    lines = [inner]
    if len(inner) > _LINE - 16:
        lines = [f"{inner[0]}{part}{inner[0]}" for part in _CLAUSE.sub(r"\n\g<0>", inner[1:-1]).split("\n")]
    return "\n".join(["op.execute(", "    sa.text(", *(f"        {line}" for line in lines), "    )", ")"])


def _analyze(change: StatisticsChange) -> str:
    return f"ANALYZE {change.statistics.qualified_table}"


def _drop(change: StatisticsChange) -> str:
    return f"DROP STATISTICS IF EXISTS {change.statistics.qualified}"
