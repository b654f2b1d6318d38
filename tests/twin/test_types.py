"""A normalised text whose constants lost their types is planned as the text it was made from."""

from __future__ import annotations

import re

import pytest

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.twin.plan import PlanNode
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask, Refused
from benchmarks.twin_fidelity import VERSIONS

SCHEMA = """
CREATE TABLE public.node (id integer PRIMARY KEY, parent integer, label text, at timestamptz, price numeric, day date);
CREATE INDEX ON public.node (parent);
"""
STATEMENTS = [
    "WITH RECURSIVE c AS (SELECT id, 0 AS depth FROM node WHERE parent IS NULL UNION ALL SELECT n.id, c.depth + 1 FROM node n"
    " JOIN c ON n.parent = c.id) SELECT * FROM c WHERE depth < 5",
    "WITH RECURSIVE c AS (SELECT id, label AS path FROM node UNION ALL SELECT n.id, c.path || '/' || n.label FROM node n"
    " JOIN c ON n.parent = c.id) SELECT * FROM c",
    "SELECT CASE WHEN id > 3 THEN 1 ELSE 2 END + 1 FROM node",
    "SELECT x + 2 FROM (SELECT 1 AS x) s",
    "SELECT * FROM node WHERE greatest(1, 2) > id",
    "SELECT sum(CASE WHEN id = 1 THEN 1 ELSE 0 END) FROM node",
    "SELECT * FROM node WHERE id IN (SELECT 1 UNION SELECT 2)",
    "SELECT * FROM node WHERE label IN (SELECT 'x' UNION SELECT 'y')",
    "SELECT * FROM generate_series(1, 9, 2)",
    "SELECT * FROM node n JOIN (SELECT 1 AS a UNION ALL SELECT 2) s ON s.a = n.parent",
    "SELECT day + k FROM node, (SELECT 3 AS k) s WHERE day - k > '2024-02-02'",
    "SELECT coalesce(price, 0) * rate FROM node, (SELECT 1.5 AS rate) r WHERE price * rate > 3",
]
CONSTANT = re.compile(r"'[^']*'|\b\d+(?:\.\d+)?\b")


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def twin(request: pytest.FixtureRequest) -> Twin:  # type: ignore[misc]
    with start_twin(Snapshot(SCHEMA, Statistics(), {}, request.param * 10_000)) as running:
        yield running


def normalised(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement as pg_stat_statements shows it, and the constants that it left out."""
    values = [found.strip("'") for found in CONSTANT.findall(text)]
    numbers = iter(range(1, len(values) + 1))
    return CONSTANT.sub(lambda _: f"${next(numbers)}", text), tuple(values)


def planned(twin: Twin, statement: BoundStatement) -> PlanNode | Refused:
    (answer,) = twin.what_if.plan([Ask(statement)])
    return answer


def test_values_of_another_form_get_types_of_their_own(twin: Twin) -> None:
    for value in ("3", "2.5", "7"):
        statement = BoundStatement(
            "SELECT price * rate FROM node, (SELECT $1 AS rate) r WHERE price * rate > 3", (value,), "logged"
        )
        assert isinstance(planned(twin, statement), PlanNode)


@pytest.mark.parametrize("text", STATEMENTS)
def test_it_is_planned_as_its_original(twin: Twin, text: str) -> None:
    template, values = normalised(text)
    original = planned(twin, BoundStatement(text, None, "logged"))
    bound = planned(twin, BoundStatement(template, values, "logged"))
    assert isinstance(original, PlanNode) and isinstance(bound, PlanNode), bound
    assert [node.node_type for node in bound.walk()] == [node.node_type for node in original.walk()]
    assert bound.total_cost == pytest.approx(original.total_cost, rel=0.01)
    assert isinstance(planned(twin, BoundStatement(template, None, "generic")), PlanNode)
    assert len(twin.parameter_types(template)) == len(values)


@pytest.mark.parametrize(
    ("text", "parameters", "reason"),
    [
        ("SELECT * FROM node WHERE label = $1", ("a\0b",), "NUL character"),
        ("SELECT * FROM node WHERE label = 'a\0b'", None, "NUL character"),
        ("SELECT * FROM node WHERE label = $1", ("\udc80",), "character that is none"),
        ("SELECT * FROM node WHERE label = $1::missing", ("x",), 'type "missing" does not exist'),
        ("SELECT * FROM node WHERE label = $1::missing", None, 'type "missing" does not exist'),
        ("SELECT nowhere($1)", None, "function nowhere(unknown) does not exist"),
    ],
)
def test_what_no_server_takes_is_one_line(
    twin: Twin, text: str, parameters: tuple[str, ...] | None, reason: str
) -> None:
    answer = planned(twin, BoundStatement(text, parameters, "logged"))
    assert isinstance(answer, Refused) and reason in answer.reason and "\n" not in answer.reason
    twin.parameter_types(text)
