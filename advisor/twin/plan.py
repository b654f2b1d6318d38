"""The plan model: what EXPLAIN (FORMAT JSON) said, as a tree of typed nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PlanNode:
    """One node of a plan; costs are in planner units, widths in bytes."""

    node_type: str
    startup_cost: float
    total_cost: float
    rows: float
    width: int
    schema: str | None = None
    relation: str | None = None
    alias: str | None = None
    index: str | None = None
    children: tuple[PlanNode, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    """Every other property under the name EXPLAIN gives it (`Sort Key`, `Index Cond`, `Filter`, `Join Type`…)."""

    def walk(self) -> Iterator[PlanNode]:
        """Yield this node and all below it, in pre-order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def indexes(self) -> frozenset[str]:
        """Return the names of all indexes the plan reads."""
        return frozenset(node.index for node in self.walk() if node.index)


_PROMOTED = {
    "Node Type", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width",
    "Schema", "Relation Name", "Alias", "Index Name", "Plans",
}  # fmt: skip


def plan_node(properties: Mapping[str, Any]) -> PlanNode:
    """Return the tree below one `Plan` object of EXPLAIN's JSON."""
    return PlanNode(
        node_type=properties["Node Type"],
        startup_cost=float(properties["Startup Cost"]),
        total_cost=float(properties["Total Cost"]),
        rows=float(properties["Plan Rows"]),
        width=int(properties["Plan Width"]),
        schema=properties.get("Schema"),
        relation=properties.get("Relation Name"),
        alias=properties.get("Alias"),
        index=properties.get("Index Name"),
        children=tuple(plan_node(child) for child in properties.get("Plans", ())),
        detail={key: value for key, value in properties.items() if key not in _PROMOTED},
    )
