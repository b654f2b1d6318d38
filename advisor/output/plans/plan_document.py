"""A plan as the JSON report holds it: without its constants, which are values of production."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from advisor.twin.plan import PlanNode

SAID = (
    "Join Type",
    "Strategy",
    "Scan Direction",
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Filter",
    "Sort Key",
    "Presorted Key",
    "Group Key",
    "Cache Key",
)
"""What is kept of what EXPLAIN says of a node, in the order in which it is shown."""
LONGEST = 300
"""Characters kept of one condition."""

_CONSTANT = re.compile(r"""(?<![\w$])[Ee]?'(?:[^']|'')*'|("(?:[^"]|"")*"|[^\W\d][\w$]*)|(?<![\w$.])\d[\w.]*""")


def plan_document(node: PlanNode) -> dict[str, Any]:
    """Return a plan as an object of `plans[]`, its nodes nested."""
    return {
        "node": node.node_type,
        "cost": node.total_cost,
        "rows": node.rows,
        "relation": node.relation,
        "alias": node.alias,
        "index": node.index,
        "conditions": {name: _masked(node.detail[name]) for name in SAID if node.detail.get(name)},
        "children": [plan_document(child) for child in node.children],
    }


def _masked(said: object) -> str:
    """Return a condition with `…` for every constant; names stay, and so do parameters."""
    several = isinstance(said, Sequence) and not isinstance(said, str)
    text = ", ".join(map(str, said)) if several else str(said)  # type: ignore[call-overload]
    masked = _CONSTANT.sub(lambda match: match[1] or "…", text)
    return masked if len(masked) <= LONGEST else masked[: LONGEST - 1] + "…"
