"""What a team decided of proposals holds: a rejected one stays away, nothing like it comes up, ids stay while definitions do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import psycopg
import pytest

from advisor.errors import UsageError
from advisor.indexes.decision import Decision, read_decisions
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import Advice
from tests.indexes.small import advised, make

SCHEMA = """
CREATE TABLE parcel (id int PRIMARY KEY, owner int NOT NULL, plot uuid, at timestamptz NOT NULL, note text);
INSERT INTO parcel SELECT i, i % 5000, md5((i % 7000)::text)::uuid, timestamptz '2024-01-01' + i * interval '1 minute', repeat('x', 60)
FROM generate_series(1, 100000) AS i;
CREATE TABLE quay (id int PRIMARY KEY, harbour text NOT NULL, body text);
INSERT INTO quay SELECT i, 'h' || i % 4000, repeat('y', 60) FROM generate_series(1, 60000) AS i;
CREATE INDEX quay_body ON quay (body)
"""
QUERIES = {
    "a": ("SELECT * FROM parcel WHERE owner = 7 ORDER BY at DESC LIMIT 5", 60_000.0),
    "b": ("SELECT * FROM parcel WHERE plot = '8f14e45f-ceea-467a-9575-25a8d6c1ef26'", 50_000.0),
    "c": ("SELECT * FROM quay WHERE harbour = 'h9'", 40_000.0),
}


def ids(advice: Advice) -> set[str]:
    return {one.id for one in advice.proposals}


def test_a_rejected_index_stays_away_and_the_rest_stands(connection: psycopg.Connection) -> None:
    make(connection, SCHEMA)
    before = advised(connection, QUERIES)
    against = next(one for one in before.proposals if "a" in {q.query for q in one.queries})
    decision = Decision("rejected", "the archive moves in May", id=against.id)
    after = advised(connection, QUERIES, options=AdviseOptions(rejected=(decision,)))
    assert ids(after) == ids(before) - {against.id}
    assert [one.id for one in after.rejected] == [against.id]
    assert after.time_saved_ms_per_day < before.time_saved_ms_per_day
    [why] = [one for one in after.why_not if one.query == "a"]
    assert why.reason == "rejected"
    assert against.name in why.explanation and "the archive moves in May" in why.explanation


@pytest.mark.parametrize(
    ("decision", "left"),
    [
        (Decision("rejected", "x", table="parcel"), {"create quay", "drop quay"}),
        (Decision("rejected", "x", table="public.quay"), {"create parcel"}),
        (Decision("rejected", "x", table="quay", action="drop"), {"create parcel", "create quay"}),
        (Decision("rejected", "x", table="quay", action="create"), {"create parcel", "drop quay"}),
        (Decision("rejected", "x", table="elsewhere.quay"), {"create parcel", "create quay", "drop quay"}),
    ],
)
def test_a_whole_table_can_be_left_alone(connection: psycopg.Connection, decision: Decision, left: set[str]) -> None:
    make(connection, SCHEMA)
    found = advised(connection, QUERIES, options=AdviseOptions(rejected=(decision,)))
    assert {f"{one.action} {one.definition.table}" for one in found.proposals} == left
    assert all(one.decision == decision for one in found.rejected)


def test_an_index_that_is_to_stay_is_not_replaced_either(connection: psycopg.Connection) -> None:
    make(connection, SCHEMA + "; CREATE INDEX parcel_owner ON parcel (owner)")
    before = advised(connection, QUERIES)
    [replacing] = [one for one in before.proposals if one.replaces == ("parcel_owner",)]
    stays = Decision("rejected", "a report of the year reads it", table="parcel", action="drop")
    after = advised(connection, QUERIES, options=AdviseOptions(rejected=(stays,)))
    [created] = [one for one in after.proposals if one.definition == replacing.definition]
    assert (created.action, created.replaces) == ("create", ())
    assert created.id == replacing.id, "the definition stands, so its id does"


def test_decisions_are_read_with_their_dates() -> None:
    [found] = read_decisions(
        [{"id": "create-1", "decision": "accepted", "reason": "r", "expires": date(2026, 12, 31)}], "f"
    )
    assert found == Decision("accepted", "r", date(2026, 12, 31), "create-1")
    assert replace(found, expires=None).told == "r"
    assert found.told == "r (until 2026-12-31)"


@pytest.mark.parametrize(
    "entry",
    [
        {"id": "create-1", "decision": "accepted"},
        {"id": "create-1", "decision": "accepted", "reason": " "},
        {"id": "create-1", "decision": "maybe", "reason": "r"},
        {"decision": "rejected", "reason": "it would mean all"},
        {"decision": "rejected", "reason": "r", "action": "drop"},
        {"tabel": "orders", "decision": "rejected", "reason": "r"},
        {"table": "orders", "decision": "rejected", "reason": "r", "expires": "tomorrow"},
        {"table": "orders", "decision": "rejected", "reason": "r", "action": "replace"},
    ],
)
def test_what_is_no_decision_is_refused_with_a_remedy(entry: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        read_decisions([entry], "pyproject.toml")
    assert refused.value.do
    assert "pyproject.toml: proposals[0]" in str(refused.value)
