"""A package of somebody else: one rule and one output format for pgadvisor."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.output.report import Report
from advisor.rules.context import RuleContext
from advisor.rules.finding import Finding
from advisor.rules.rule import Rule


class TableWithoutNote(Rule):
    """Finds tables that Acme's naming rule does not allow."""

    code = "ACM001"
    name = "acme-table-name"

    def find(self, context: RuleContext) -> Iterator[Finding]:
        """Yield one finding for each table whose name is not in the plural."""
        for table in context.schema.tables.values():
            if not table.name.endswith("s"):
                yield self.finding((table.qualified,), f"{table.qualified} is not in the plural", confidence="high",
                                   evidence={}, fix=f"rename {table.name}", table=table.qualified)  # fmt: skip


def render(report: Report) -> str:
    """Return one line a finding."""
    return "".join(f"{finding.code};{finding.title}\n" for finding in report.findings)
