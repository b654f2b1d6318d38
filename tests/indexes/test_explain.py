"""`--explain`: one query's plans, and of every index that was tried why it was chosen or lost."""

from __future__ import annotations

import psycopg

from advisor.indexes.index_options import AdviseOptions
from advisor.output.plans.plan_lines import plan_lines
from advisor.output.plans.told_explained import told_explained
from tests.indexes.small import advised, make

SCHEMA = """
CREATE TABLE parcel (id int PRIMARY KEY, owner int NOT NULL, plot uuid, at timestamptz NOT NULL, note text);
INSERT INTO parcel SELECT i, i % 5000, md5((i % 7000)::text)::uuid, timestamptz '2024-01-01' + i * interval '1 minute', repeat('x', 60)
FROM generate_series(1, 100000) AS i
"""
QUERIES = {
    "a": ("SELECT * FROM parcel WHERE owner = 7 ORDER BY at DESC LIMIT 5", 60_000.0),
    "b": ("SELECT * FROM parcel WHERE id = 77", 50_000.0),
    "c": ("SELECT count(*) FROM parcel", 40_000.0),
}


def test_what_was_tried_and_why_each_lost(connection: psycopg.Connection) -> None:
    make(connection, SCHEMA)
    advice = advised(connection, QUERIES, options=AdviseOptions(explain=frozenset("abc")))
    found = {one.query: one for one in advice.explained}
    assert set(found) == set("abc")
    served = found["a"]
    [proposal] = advice.proposals
    assert proposal.id in served.reason and "served by" in served.reason
    assert served.cost[1] < served.cost[0] / 10
    assert served.before and served.after
    assert served.before.indexes == frozenset()
    assert served.after.indexes == {proposal.name}
    outcomes = {tried.index: tried.outcome for tried in served.tried}
    assert outcomes.pop("parcel (owner, at DESC)") == "chosen"
    assert outcomes and all(outcomes.values())
    assert any(outcome.startswith("what was chosen brings the query to") for outcome in outcomes.values())
    assert found["b"].reason.startswith("already-served: the planner uses parcel_pkey")
    assert found["b"].before == found["b"].after
    assert {one.outcome for one in found["c"].tried} <= {"chosen for other queries; this one does not read it"}
    assert found["c"].reason.startswith("no-condition")


def test_it_is_told_as_a_person_reads_explain(connection: psycopg.Connection) -> None:
    make(connection, SCHEMA)
    advice = advised(connection, QUERIES, options=AdviseOptions(explain=frozenset("a")))
    lines = "\n".join(told_explained(advice.explained[0], QUERIES["a"][0]))
    assert "plan before" in lines and "plan after" in lines
    assert "Index Cond: (owner = 7)" in lines
    assert "parcel (owner, at DESC)" in lines
    plan = advice.explained[0].before
    assert plan and next(iter(plan_lines(plan))).startswith("Limit  (cost=")


def test_nothing_is_told_unasked(connection: psycopg.Connection) -> None:
    make(connection, SCHEMA)
    assert advised(connection, QUERIES).explained == ()
