"""Two plans as trees to be laid side by side, each node that only one of them has marked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from advisor.output.number_units import count
from advisor.revisions.contract import PlanNodeItem, PlansItem

Signature = tuple[str, str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Branch:
    """One node as it is drawn, with those below it."""

    title: str
    """What it does and to what: `Index Scan on threads`."""
    index: str | None
    facts: str
    """Its cost and rows."""
    conditions: tuple[tuple[str, str], ...]
    share: float
    """Share of the dearer plan's cost that it and what is below it cost, 0 to 100: the length of its bar."""
    changed: bool
    """Whether the other plan has no such node."""
    below: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class PlanPair:
    """Both plans of one query."""

    query: str
    before: Branch
    after: Branch
    cost_before: float
    cost_after: float


def plan_pair(plans: PlansItem) -> PlanPair:
    """Return both plans as trees, marked against each other, their bars to one scale."""
    before, after = _signatures(plans.before), _signatures(plans.after)
    most = max(plans.before.cost, plans.after.cost, 1e-9)
    return PlanPair(
        plans.query,
        _branch(plans.before, before - after, most),
        _branch(plans.after, after - before, most),
        plans.before.cost,
        plans.after.cost,
    )


def _signatures(node: PlanNodeItem) -> Counter[Signature]:
    found = Counter([_signature(node)])
    for child in node.children:
        found += _signatures(child)
    return found


def _signature(node: PlanNodeItem) -> Signature:
    return node.node, node.relation, node.index, node.conditions.get("Join Type")


def _branch(node: PlanNodeItem, only_here: Counter[Signature], most: float) -> Branch:
    """Return a node and those below it; `only_here` is used up from the top."""
    mine = _signature(node)
    changed = only_here[mine] > 0
    only_here[mine] -= changed
    below = tuple(_branch(child, only_here, most) for child in node.children)
    rows = "1 row" if node.rows == 1 else f"{count(node.rows)} rows"
    cost = f"{node.cost:,.2f}" if node.cost < 10 else f"{node.cost:,.0f}"
    said = tuple((name, text) for name, text in node.conditions.items() if name not in _IN_TITLE)
    share = 100 * min(node.cost / most, 1.0)
    return Branch(_title(node), node.index, f"cost {cost} · {rows}", said, share, changed, below)


_IN_TITLE = ("Join Type", "Strategy", "Scan Direction")


def _title(node: PlanNodeItem) -> str:
    words = [node.node]
    join = node.conditions.get("Join Type")
    if join and join != "Inner":
        words.append(f"({join.lower()})")
    if node.conditions.get("Scan Direction") == "Backward":
        words.append("backward")
    if node.relation:
        words.append(f"on {node.relation}")
        words += [f"as {node.alias}"] if node.alias and node.alias != node.relation else []
    return " ".join(words)
