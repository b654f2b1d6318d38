"""Many rows are sorted."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.gate.judged_plan import LARGE, Subject


def find(subject: Subject) -> Iterator[str]:
    """Yield a clause per sort."""
    for node in subject.root.walk():
        below = node.children[0].rows if node.node_type == "Sort" and node.children else 0.0
        if below >= LARGE:
            keys = ", ".join(map(str, node.detail.get("Sort Key", ())))
            yield f"about {below:,.0f} rows are sorted by {keys}"
