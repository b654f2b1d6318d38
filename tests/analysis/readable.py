"""Shapes as compact readable text: what the case files hold."""

from __future__ import annotations

from advisor.analysis.shape import (
    Computed,
    Constant,
    JoinEdge,
    Operand,
    Parameter,
    Predicate,
    QueryShape,
    Reference,
    SortKey,
    TableShape,
    Term,
    Unanalysable,
)


def readable(shape: QueryShape | Unanalysable) -> str:
    """Return a shape as lines of text; what is empty is left out."""
    if isinstance(shape, Unanalysable):
        return f"unanalysable: {shape.reason}"
    lines = [shape.kind + "".join(f" {word} {_operand(value)}" for word, value in
             (("limit", shape.limit), ("offset", shape.offset)) if value is not None)]  # fmt: skip
    for table in shape.tables:
        lines += _table(table)
    lines += [f"unresolved {reason}" for reason in shape.unresolved]
    lines += ["sort spans tables"] if shape.sort_spans_tables else []
    lines += ["features " + " ".join(sorted(shape.features))] if shape.features else []
    return "\n".join(lines)


def _table(table: TableShape) -> list[str]:
    name = table.table if table.schema == "public" else f"{table.schema}.{table.table}"
    words = [f"{table.occurrence} {name}"]
    words += [f"as {table.alias}"] if table.alias != table.table else []
    words += [table.role] if table.role != "read" else []
    words += [f"level {table.level}"] if table.level else []
    words += [f"limit {_operand(table.limit)}"] if table.limit is not None else []
    lines = [" ".join(words)]
    lines += [f"  {_predicate(one)}" for one in table.predicates]
    lines += [f"  {_edge(edge)}" for edge in table.joins]
    lines += [f"  sort {', '.join(_sort(key) for key in table.sort)}"] if table.sort else []
    lines += [f"  group {', '.join(term.expression for term in table.group)}"] if table.group else []
    lines += [f"  {name} {term.expression}" for name, term in table.aggregates]
    output = [*sorted(table.output), *(["*"] if table.whole_row else [])]
    lines += [f"  output {' '.join(output)}"] if output else []
    lines += [f"  written {' '.join(sorted(table.written))}"] if table.written else []
    return lines


def _predicate(one: Predicate) -> str:
    words = [one.kind, _term(one.term)]
    words += [one.operator] if one.operator else []
    words += [", ".join(_operand(value) for value in one.operands)] if one.operands else []
    words += [f"cast {one.cast}"] if one.cast else []
    words += ["not immutable"] if not one.term.immutable else []
    words += [f"row {', '.join(term.expression for term in one.row)}"] if one.row else []
    words += [f"or {one.disjunction}.{one.arm}"] if one.disjunction is not None else []
    words += [f"| {one.sql}"] if one.sql else []
    return " ".join(words)


def _operand(value: Operand | None) -> str:
    match value:
        case Constant(sql, _, slot):
            return sql if slot is None else f"{sql}@{slot}"
        case Parameter(number, slot):
            return f"${number}@{slot}"
        case Reference(occurrence, term):
            return f"{occurrence}:{term.expression}"
        case Computed(sql):
            return f"computed {sql}"
    return ""


def _edge(edge: JoinEdge) -> str:
    return f"join {edge.kind} {edge.term.expression} = {edge.other}:{edge.other_term.expression}"


def _term(term: Term) -> str:
    return f"{term.expression} COLLATE {term.collation}" if term.collation else term.expression


def _sort(key: SortKey) -> str:
    words = [_term(key.term), *(["desc"] if key.descending else [])]
    words += [f"distance {key.distance[0]} {_term(key.distance[1])}"] if key.distance else []
    if key.nulls_first != key.descending:
        words.append("nulls first" if key.nulls_first else "nulls last")
    return " ".join(words)
