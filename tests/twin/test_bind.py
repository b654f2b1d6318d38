"""Values for parameters: logged before sampled before generic, and every binding plans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape
from advisor.catalog.snapshot import take_snapshot
from advisor.twin.binding.parameter_values import bind
from advisor.twin.plan import PlanNode
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from advisor.workload.model import Query, Sample

SCHEMA = """
CREATE TABLE customer (id int PRIMARY KEY, email text NOT NULL, tags text[]);
CREATE INDEX customer_email ON customer (lower(email));
CREATE TABLE purchase (
    id bigserial PRIMARY KEY, customer_id int REFERENCES customer, status text NOT NULL, created timestamptz NOT NULL,
    total numeric(10, 2)
);
INSERT INTO customer SELECT n, 'user' || n || '@example.com', ARRAY['t' || n % 7, 'u' || n % 3]
FROM generate_series(1, 2000) n;
INSERT INTO purchase (customer_id, status, created, total)
SELECT 1 + n % 2000, CASE WHEN n % 50 = 0 THEN 'open' ELSE 'done' END,
       timestamptz '2025-01-01' + n * interval '1 hour', n % 1000
FROM generate_series(1, 8000) n;
VACUUM ANALYZE;
"""


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    with Server(embedded_binaries()) as server:
        assert not server.run("psql", "-q", "-d", "postgres", "-f", "-", stdin=SCHEMA).stderr
        snapshot = take_snapshot(server.url())
    with start_twin(snapshot) as running:
        yield running


def bound(twin: Twin, text: str, *, samples: tuple[Sample, ...] = (), rows: float = 10.0) -> tuple[BoundStatement, ...]:
    query = Query("q", "q", text, calls=5.0, total_ms=1.0, mean_ms=1.0, rows=rows, samples=samples)
    shape = analyse(text, twin.schema)
    assert isinstance(shape, QueryShape), shape
    return bind(query, shape, twin.statistics, twin.schema, twin.parameter_types)


def test_logged_values_come_first_and_share_the_weight_by_their_calls(twin: Twin) -> None:
    text = "SELECT * FROM purchase WHERE status = $1"
    samples = (Sample(text, ("open",), 1.0, calls=3), Sample(text, ("done",), 1.0, calls=1))
    first, second = bound(twin, text, samples=samples)
    assert (first.parameters, first.weight, first.basis) == (("open",), 0.75, "logged")
    assert (second.parameters, second.weight) == (("done",), 0.25)


def test_without_a_log_one_common_and_one_rare_value_are_planned(twin: Twin) -> None:
    common, rare = bound(twin, "SELECT * FROM purchase WHERE status = $1")
    assert (common.parameters, rare.parameters) == (("done",), ("open",))
    assert common.basis == rare.basis == "sampled"
    assert common.weight + rare.weight == 1


def test_a_literal_text_is_planned_as_it_stands(twin: Twin) -> None:
    text = "SELECT * FROM purchase WHERE status = 'open' -- mine"
    assert bound(twin, text) == (BoundStatement(text, None, "logged"),)


def test_limit_takes_the_rows_returned_and_says_that_it_is_assumed(twin: Twin) -> None:
    first, deep = bound(twin, "SELECT * FROM purchase ORDER BY created LIMIT $1 OFFSET $2", rows=50.0)
    assert (first.parameters, deep.parameters) == (("10", "0"), ("10", "500"))
    assert first.assumed == (1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM purchase WHERE created > $1",
        "SELECT * FROM purchase WHERE created BETWEEN $1 AND $2",
        "SELECT * FROM purchase WHERE created >= $1::date AND created < $1::date + $2::interval",
        "SELECT * FROM purchase WHERE created > now() - $1::interval",
        "SELECT * FROM purchase WHERE customer_id = ANY($1)",
        "SELECT * FROM purchase WHERE customer_id IN ($1, $2, $3) AND status <> $4",
        "SELECT * FROM customer WHERE lower(email) = $1",
        "SELECT * FROM customer WHERE lower(email) = lower($1)",
        "SELECT * FROM customer WHERE email LIKE $1",
        "SELECT * FROM customer WHERE tags @> $1",
        "SELECT * FROM customer WHERE $1 = ANY(tags)",
        "SELECT email FROM customer c JOIN purchase p ON customer_id = c.id WHERE total > $1 * c.id GROUP BY 1",
        "INSERT INTO purchase (customer_id, status, created) VALUES ($1, $2, $3)",
        "UPDATE purchase SET status = $1, total = total + $2 WHERE id = $3",
        "DELETE FROM purchase WHERE id = $1 AND created < $2",
        "SELECT $1::text, email FROM customer WHERE id = $2 OR email = $3",
    ],
)
def test_every_binding_plans_and_none_plans_an_impossible_query(twin: Twin, text: str) -> None:
    statements = bound(twin, text)
    assert sum(statement.weight for statement in statements) == pytest.approx(1)
    for answer in twin.what_if.plan([Ask(statement) for statement in statements]):
        assert isinstance(answer, PlanNode), answer
        assert not any("One-Time Filter" in node.detail for node in answer.walk())
    assert all(statement.basis == "sampled" for statement in statements)


def test_what_no_value_is_known_for_is_planned_generically(twin: Twin) -> None:
    query = Query("q", "q", "SELECT * FROM purchase WHERE status = $1", calls=1.0, total_ms=1.0, mean_ms=1.0)
    (statement,) = bind(query, None, twin.statistics)
    assert (statement.basis, statement.parameters) == ("generic", None)
    (answer,) = twin.what_if.plan([Ask(statement)])
    assert isinstance(answer, PlanNode)
