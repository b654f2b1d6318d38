"""Every row of one side is compared with every row of the other: a join condition that no index and no hash serves."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import Subject

PAIRS = 200_000.0
"""Pairs of rows that are compared, from which on that is worth a word: some hundredths of a second."""
_KEPT = frozenset({"Materialize", "Seq Scan"})


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per nested loop that compares so many pairs."""
    for node in subject.root.walk():
        if node.node_type == "Nested Loop" and len(node.children) > 1:
            outer, inner = node.children[:2]
            pairs = outer.rows * inner.rows
            if inner.node_type in _KEPT and pairs >= PAIRS:
                yield f"a join compares about {pairs:,.0f} pairs of rows one by one"
