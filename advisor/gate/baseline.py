"""The baseline: accepted plans with the statements they belong to, a file that is committed and reviewed.

It holds no timestamps and is written in one canonical order, so that a diff of it is a diff of plans. It carries its
own statements, so that checking needs nothing but the baseline and a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import orjson

from advisor.catalog.snapshot_model import Override
from advisor.gate.relation_names import Named
from advisor.own_file import decoded, read_own, refuse_version
from advisor.twin.plan import PlanNode
from advisor.twin.statement import BoundStatement
from advisor.whole_file import write_whole
from advisor.workload.merging.older_ids import renewed_id

VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class Access:
    """How a plan reads one table."""

    table: str
    node: str
    """Node type: `Seq Scan`, `Index Scan`, `Index Only Scan`, `Bitmap Heap Scan`…"""
    index: str | None = None
    inner: bool = False
    """Whether it is the inner side of a nested loop and read whole each time."""
    rows: float = 0.0


@dataclass(frozen=True, slots=True)
class AcceptedPlan:
    """One statement and the plan that was accepted for it."""

    statement: BoundStatement
    cost: float
    shape: tuple[str, ...]
    accesses: tuple[Access, ...]
    worst: float | None = None
    """What it costs when no LIMIT ends it early; `None` where this is the cost."""
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Definitions of the indexes it reads on the day it was accepted."""
    tables: Mapping[str, float] = field(default_factory=dict)
    """Rows of the tables it reads on that day."""
    checks: Mapping[str, float] | None = None
    """Cost of looking up one row's references, by foreign key, where it deletes rows or changes keys."""


@dataclass(frozen=True, slots=True)
class AcceptedQuery:
    """One query with its accepted plans, one per way it is bound."""

    id: str
    text: str
    plans: tuple[AcceptedPlan, ...]
    calls: float | None = None
    """Executions a day, where the workload told."""
    reason: str | None = None
    """Why its plans were accepted, where `--accept` was given one."""
    captured: str | None = None
    """Day of the snapshot that they were accepted on, ISO 8601: what literals near it mean."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Everything a later check compares with."""

    server_major: int
    settings: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, float] = field(default_factory=dict)
    """Rows per table at the time of acceptance."""
    indexes: Mapping[str, str] = field(default_factory=dict)
    """Index name to its definition."""
    queries: Mapping[str, AcceptedQuery] = field(default_factory=dict)
    captured: str | None = None
    """Day of the snapshot it was last written on, ISO 8601."""


@dataclass(frozen=True, slots=True)
class BaselineFile(Baseline):
    """What is in the file."""

    schema_version: str = VERSION


def as_owner(baseline: Baseline) -> Baseline:
    """Return the baseline with every statement planned as the owner: for a snapshot that knows no roles."""

    def without_role(plan: AcceptedPlan) -> AcceptedPlan:
        return replace(plan, statement=replace(plan.statement, role=None))

    queries = {key: replace(one, plans=tuple(map(without_role, one.plans))) for key, one in baseline.queries.items()}
    return replace(baseline, queries=queries)


def as_altered(baseline: Baseline | None, owner: str | None, altered: Sequence[Override]) -> Baseline | None:
    """Return the baseline with what was planned as the owner planned as the role that owns the tables.

    So it is where revisions gave that role settings; else it stays as it is.
    """
    if baseline is None or owner is None or all(one.role != owner for one in altered):
        return baseline

    def with_role(plan: AcceptedPlan) -> AcceptedPlan:
        return replace(plan, statement=replace(plan.statement, role=plan.statement.role or owner))

    queries = {key: replace(one, plans=tuple(map(with_role, one.plans))) for key, one in baseline.queries.items()}
    return replace(baseline, queries=queries)


def accesses(plan: PlanNode, named: Named = str) -> tuple[Access, ...]:
    """Return how `plan` reads each table, in pre-order; a bitmap's indexes stand with its heap scan."""
    return tuple(_accesses(plan, named, inner=False))


def _accesses(node: PlanNode, named: Named, *, inner: bool) -> list[Access]:
    found: list[Access] = []
    if node.relation and node.node_type != "ModifyTable":
        bitmap = " + ".join(sorted(node.indexes)) if node.node_type == "Bitmap Heap Scan" else None
        whole = inner and not node.detail.get("Index Cond")
        found.append(Access(named(node.relation), node.node_type, node.index or bitmap, whole, node.rows))
    for child in node.children:
        loops = node.node_type == "Nested Loop" and child.detail.get("Parent Relationship") == "Inner"
        loops = loops or _is_run_again(node, child)
        sheltered = child.node_type in {"Materialize", "Memoize", "Hash"}
        found += _accesses(child, named, inner=(loops or inner) and not sheltered)
    return found


def _is_run_again(node: PlanNode, child: PlanNode) -> bool:
    """Return whether a child is a sub-select that runs once for every row of its parent."""
    name = child.detail.get("Subplan Name")
    if child.detail.get("Parent Relationship") != "SubPlan" or not name:
        return False
    return not any(f"hashed {name}" in str(value) for value in node.detail.values())


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write the baseline as sorted JSON, one line a query: branches conflict where they touch the same one."""
    document = {"schema_version": VERSION, **orjson.loads(orjson.dumps(baseline))}
    queries = document.pop("queries")
    lines = [f"    {_plain(key)}: {_plain(queries[key])}" for key in sorted(queries)]
    listed = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
    parts = {name: _indented(value) for name, value in document.items()} | {"queries": listed}
    written = ",\n".join(f'  "{name}": {text}' for name, text in sorted(parts.items()))
    write_whole(path, f"{{\n{written}\n}}\n".encode())


def _plain(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _indented(value: object) -> str:
    """Return a value as indented JSON that stands one level deep."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode().replace("\n", "\n  ")


def load_baseline(path: Path) -> Baseline:
    """Return the baseline in `path`; raises `InputError` when it is missing, broken or of another version."""
    where, do = str(path), "restore it from git, or write it anew with --update-baseline"
    content = read_own(path, "write one with --update-baseline and commit it", do)
    refuse_version(content, VERSION, where, do)
    found = decoded(content, BaselineFile, where, do)
    baseline = Baseline(**{one.name: getattr(found, one.name) for one in fields(Baseline)})
    return baseline if found.schema_version == VERSION else _renewed(baseline)


def _renewed(baseline: Baseline) -> Baseline:
    """Return an older baseline with the ids that its queries have today; of two that are one now the first stays."""
    queries: dict[str, AcceptedQuery] = {}
    for query in baseline.queries.values():
        name = renewed_id(query.id, query.text)
        queries.setdefault(name, replace(query, id=name))
    return replace(baseline, queries=queries)
