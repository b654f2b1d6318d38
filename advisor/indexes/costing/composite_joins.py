"""Joins on several columns of one pair of tables: by how much the planner takes them for rarer than they are.

It multiplies the selectivities of the columns as if they had nothing to do with each other. Such columns nearly always
are a composite key, and each row that refers to one has its partner; the planner counts on that only where a foreign
key is declared. The key's side is the one with a unique index on these columns, else the smaller table.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from advisor.catalog.schema import Schema
from advisor.catalog.statistics import Statistics
from advisor.indexes.sizes.composite_references import unique_keys
from advisor.twin.plan import PlanNode

_NAME = r'"(?:[^"]|"")+"|[^\W\d][\w$]*'
_EQUAL = re.compile(
    rf"(?:(?P<alias>{_NAME})\.)?(?P<column>{_NAME})\)?(?:::[\w ]+)? = "
    rf"\(?(?P<other>{_NAME})\.(?P<partner>{_NAME})"
)


@dataclass(frozen=True, slots=True)
class Relation:
    """What it takes to judge a table's side of a join."""

    rows: float
    keys: tuple[frozenset[str], ...]
    """Columns of its unique indexes."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a join: the table and its columns that are compared."""

    relation: Relation
    columns: frozenset[str]


def relations(schema: Schema, statistics: Statistics) -> Mapping[str, Mapping[str, Relation]]:
    """Return the tables by name, and of one name by schema."""
    found: dict[str, dict[str, Relation]] = defaultdict(dict)
    for table in schema.tables.values():
        rows = statistics.rows(table.schema, table.name)
        found[table.name][table.schema] = Relation(rows, tuple(unique_keys(table)))
    return found


def aliases(plan: PlanNode, known: Callable[[str], Relation | None]) -> Mapping[str, Relation]:
    """Return the tables of a plan by the name it calls them; `known` gives the table of a name."""
    named = ((node.alias or node.relation, known(node.relation)) for node in plan.walk() if node.relation)
    return {alias: relation for alias, relation in named if alias and relation}


def parallel_divisor(plan: PlanNode) -> float:
    """Return among how many processes a plan shares its rows out, as the planner counts (`get_parallel_divisor`)."""
    workers = max((int(node.detail.get("Workers Planned", 0)) for node in plan.walk()), default=0)
    return workers + max(1 - 0.3 * workers, 0.0) if workers else 1.0


def underestimate(join: PlanNode, tables: Mapping[str, Relation], processes: float = 1.0) -> float:
    """Return how many times more rows a join yields than the planner says: 1 where nothing tells otherwise.

    `processes` is the plan's parallel divisor: a hash table that its processes fill together holds the rows of all.
    """
    if len(join.children) < 2:
        return 1.0
    outer, inner = join.children[:2]
    sides = max(_compared(join, tables), key=lambda pair: len(pair[0].columns), default=None)
    if sides is None or len(sides[0].columns) < 2:
        return 1.0
    fetched = inner.rows if join.node_type != "Nested Loop" else sides[0].relation.rows
    if inner.node_type == "Hash" and inner.detail.get("Parallel Aware"):
        fetched *= processes
    return max(outer.rows * fetched / max(_key_rows(*sides), 1.0) / max(join.rows, 1.0), 1.0)


def _key_rows(left: Side, right: Side) -> float:
    """Return the rows of the side whose key is compared."""
    unique = [s.relation.rows for s in (left, right) if any(key <= s.columns for key in s.relation.keys)]
    return max(unique) if unique else min(left.relation.rows, right.relation.rows)


def _compared(join: PlanNode, tables: Mapping[str, Relation]) -> Iterator[tuple[Side, Side]]:
    """Yield each pair of tables that a join compares, the inner side of a loop first, with their columns."""
    own, condition = "", str(join.detail.get("Hash Cond") or join.detail.get("Merge Cond") or "")
    if join.node_type == "Nested Loop":
        scan = next((node for node in join.children[1].walk() if "Index Cond" in node.detail), None)
        if scan is None or "Filter" in scan.detail:
            return
        own, condition = scan.alias or scan.relation or "", str(scan.detail["Index Cond"])
    columns: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for match in _EQUAL.finditer(condition):
        pair = _bare(match["alias"] or own), _bare(match["other"])
        columns[pair].append((_bare(match["column"]), _bare(match["partner"])))
    for (left, right), compared in sorted(columns.items()):
        if left in tables and right in tables:
            yield (
                Side(tables[left], frozenset(mine for mine, _ in compared)),
                Side(tables[right], frozenset(partner for _, partner in compared)),
            )


def _bare(name: str) -> str:
    return name.strip('"')
