"""What EXPLAIN of a DELETE leaves out: the search of every child table that a foreign key's trigger runs per row."""

from __future__ import annotations

from collections.abc import Mapping

from advisor.analysis.shape import QueryShape
from advisor.catalog.index import quote_identifier
from advisor.catalog.schema import Schema, Table
from advisor.indexes.gather_candidates import children_of
from advisor.twin.statement import BoundStatement
from advisor.workload.model import Workload


def with_probes(
    workload: Workload,
    shapes: Mapping[str, QueryShape],
    statements: Mapping[str, tuple[BoundStatement, ...]],
    schema: Schema,
) -> Mapping[str, tuple[BoundStatement, ...]]:
    """Return the statements, those of a DELETE joined by the searches its foreign keys cause, per deleted row."""
    children = children_of(schema)
    extended = dict(statements)
    for query in workload.queries:
        shape = shapes.get(query.id)
        if shape is None or shape.kind != "delete" or not statements.get(query.id):
            continue
        rows = max((query.rows or query.calls) / query.calls, 1.0) if query.calls else 1.0
        targets = sorted({(t.schema, t.table) for t in shape.tables if t.role == "delete"})
        probes = tuple(
            BoundStatement(probe(child, columns), None, "generic", rows)
            for target in targets
            for child, columns in children.get(target, ())
        )
        extended[query.id] = (*statements[query.id], *probes)
    return extended


def probe(child: Table, columns: tuple[str, ...]) -> str:
    """Return the statement a foreign key's trigger runs on the child table."""
    conditions = " AND ".join(f"{quote_identifier(name)} = ${number}" for number, name in enumerate(columns, 1))
    return f"SELECT 1 FROM ONLY {child.qualified} WHERE {conditions} FOR KEY SHARE"  # noqa: S608 (quoted names)
