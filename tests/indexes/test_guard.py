"""Keys that can raise carry the query's guard: the index can be built on rows that the query never meets."""

from __future__ import annotations

import psycopg
import pytest

from tests.indexes.small import advised, make

RATIOS = """
CREATE TABLE measure (id int PRIMARY KEY, ts timestamptz, num int, denom int, pad text);
INSERT INTO measure SELECT i, now(), i % 977, CASE WHEN i % 3 = 0 THEN 0 ELSE i % 40 END, repeat('x', 60) FROM generate_series(1, 30000) AS i;
CREATE VIEW ratios AS SELECT id, ts, num::numeric / denom AS ratio FROM measure WHERE denom >= 10 AND num > 0
"""
ITEMS = """
CREATE TABLE item (id int PRIMARY KEY, kind text, properties jsonb, code text, pad text);
INSERT INTO item SELECT i, CASE WHEN i % 10 = 0 THEN 'single' ELSE 'set' END,
    jsonb_build_object('qty', CASE WHEN i % 10 = 0 THEN (i % 3000)::text ELSE 'n/a' END),
    CASE WHEN i % 10 = 0 THEN '2024-01-' || lpad((1 + i % 28)::text, 2, '0') ELSE 'none' END, repeat('x', 60)
    FROM generate_series(1, 30000) AS i
"""


@pytest.mark.parametrize(
    ("script", "query", "guard"),
    [
        (RATIOS, "SELECT id, ts, ratio FROM ratios ORDER BY ratio DESC LIMIT 20", ("denom >= 10", "num > 0")),
        (RATIOS, "SELECT id FROM measure WHERE denom > 30 AND num % denom = 7 AND num / denom = 20", ("denom > 30",)),
        (
            ITEMS,
            "SELECT id FROM item WHERE kind = 'single' AND (properties ->> 'qty')::int = 770",
            ("kind = 'single'",),
        ),
        (ITEMS, "SELECT id FROM item WHERE kind = 'single' AND mine(code) = 20", ("kind = 'single'",)),
    ],
)
def test_the_guard_of_the_query_becomes_the_predicate(
    connection: psycopg.Connection, script: str, query: str, guard: tuple[str, ...]
) -> None:
    connection.execute(
        "CREATE FUNCTION mine(t text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT (t::date - ''2024-01-01'')'"
    )
    make(connection, script)
    advice = advised(connection, {"q": (query, 5e6)}, same=True)
    created = [one for one in advice.proposals if one.action == "create"]
    assert created, advice
    for proposal in created:
        if any(key.column is None for key in proposal.definition.keys):
            assert all(part in (proposal.definition.where or "") for part in guard), proposal.definition.ddl()
        connection.execute(proposal.definition.ddl())  # dies on an unguarded key
        assert proposal.confidence == "high"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM item WHERE (properties ->> 'qty')::int = 770",
        "SELECT id FROM item WHERE mine(code) = 20",
        "SELECT id FROM item WHERE id / (id - 70000) = 3",
    ],
)
def test_without_a_guard_it_is_said_and_never_sure(connection: psycopg.Connection, query: str) -> None:
    connection.execute("CREATE FUNCTION mine(t text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT length(t)'")
    make(connection, ITEMS.replace("'n/a'", "'0'"))
    advice = advised(connection, {"q": (query, 5e6)})
    for proposal in advice.proposals:
        assert "its key can raise" in proposal.reason
        assert proposal.confidence == "low"
    assert advice.proposals
