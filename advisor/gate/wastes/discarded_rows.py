"""A large table is read whole, and most of its rows are thrown away."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import LARGE, Subject

KEPT = 0.05
"""Share of the rows up to which reading the table whole is a waste."""
_SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per table."""
    for node in subject.root.walk():
        whole = node.node_type in _SCANS and not node.detail.get("Index Cond") and node.detail.get("Filter")
        rows = subject.rows(node)
        if whole and rows >= LARGE and node.rows <= KEPT * rows:
            table = subject.named(node.relation or "")
            yield f"{table} ({rows:,.0f} rows) is read whole for about {node.rows:,.0f} of them"
