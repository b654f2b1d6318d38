"""A normalised query is read with the values that its captured executions had."""

from __future__ import annotations

import pytest

from advisor.analysis.analyse import analyse, analyse_query
from advisor.analysis.shape import Parameter, QueryShape, TableShape, Unanalysable
from advisor.catalog.schema import Schema
from advisor.workload.model import Query, Slot


def query(text: str, *slots: tuple[str | None, ...]) -> Query:
    """Return a query whose slots had these values."""
    seen = tuple(Slot(tuple((value, 10.0) for value in values), len(values), 10.0 * len(values)) for values in slots)
    return Query("q", "f", text, 10, 10, 1, slots=seen)


def users(schema: Schema, condition: str, *slots: tuple[str | None, ...]) -> TableShape:
    """Return the shape of the table of users under a condition."""
    shape = analyse_query(query(f"SELECT id FROM users WHERE {condition}", *slots), schema)
    assert isinstance(shape, QueryShape)
    return shape.tables[0]


@pytest.mark.parametrize(
    ("condition", "slots", "expression"),
    [
        ("settings ->> $1 = $2", (("lang",), ("de", "en")), "(settings ->> 'lang')"),
        ("settings -> $1 ->> $2 = $3", (("it's",), ("b",), ("x",)), "((settings -> 'it''s') ->> 'b')"),
        ("date_trunc($1, updated_at) = $2", (("day",), ("2025-01-01",)), "(date_trunc('day', updated_at))"),
        ("tags[$1] = $2", (("1",), ("x", "y")), "((tags)[1])"),
        ("age % $1 = $2", (("10",), ("3",)), "(age % 10)"),
    ],
)
def test_a_value_that_never_varied_stands_in_the_term(
    schema: Schema, condition: str, slots: tuple[tuple[str, ...], ...], expression: str
) -> None:
    (predicate,) = users(schema, condition, *slots).predicates
    assert predicate.term.expression == expression and predicate.term.immutable
    assert predicate.term.slots, "the slots whose value the index would depend on"
    assert all(isinstance(operand, Parameter) for operand in predicate.operands)
    assert predicate.sql == "", "what a parameter was is for the evidence to say, not for the shape"


def test_a_value_that_varied_leaves_the_term_without_index(schema: Schema) -> None:
    (predicate,) = users(schema, "settings ->> $1 = $2", ("lang", "town"), ("de",)).predicates
    assert not predicate.term.immutable and predicate.term.expression == "(settings ->> $1)"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("ab%", "c%"), "prefix"),
        (("%ab", "%c%"), "infix"),
        (("ab%", "%c"), "pattern"),
        ((), "pattern"),
        ((None,), "pattern"),
    ],
)
def test_patterns_are_told_by_how_their_values_begin(schema: Schema, values: tuple[str | None, ...], kind: str) -> None:
    (predicate,) = users(schema, "name LIKE $1", values).predicates
    assert predicate.kind == kind


def test_a_text_the_parser_refused_keeps_its_reason(schema: Schema) -> None:
    refused = Query("q", None, "SELEKT", 1, 1, 1, unparsed="cut off after 1024 bytes")
    assert analyse_query(refused, schema) == Unanalysable("cut off after 1024 bytes")


def test_a_search_path_of_the_session_decides(schema: Schema) -> None:
    for path, expected in ((("shop",), "shop"), (("archive", "shop"), "archive"), (None, "public")):
        shape = analyse("SELECT id FROM orders", schema, path)
        assert isinstance(shape, QueryShape) and shape.tables[0].schema == expected
