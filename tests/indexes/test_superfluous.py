"""Which indexes may go: on real tables, with the counters of a month in which little happened."""

from __future__ import annotations

import psycopg
import pytest

from advisor.indexes.choice.drops import removals
from advisor.indexes.index_options import AdviseOptions
from advisor.rules.context import RuleContext
from advisor.rules.run import find
from advisor.twin.plan import PlanNode
from advisor.workload.model import Workload
from tests.indexes.small import advised, facts, make


def dropped(connection: psycopg.Connection) -> dict[str, str]:
    return {one.index.name: one.reason for one in removals(*facts(connection), AdviseOptions(), frozenset())}


@pytest.mark.parametrize(
    ("table", "index", "stays"),
    [
        ("id int PRIMARY KEY, name text, other int REFERENCES parent ON DELETE SET NULL", "(other)", True),
        ("id int PRIMARY KEY, name text, other int REFERENCES parent ON DELETE CASCADE", "(other, name)", True),
        ("id int PRIMARY KEY, name text, other int REFERENCES parent", "(other) WHERE other IS NOT NULL", True),
        ("id int PRIMARY KEY, name text, other int REFERENCES parent", "USING hash (other)", True),
        (
            "id int, tenant int, other int, name text, FOREIGN KEY (tenant, other) REFERENCES pair",
            "(other, tenant)",
            True,
        ),
        ("id int PRIMARY KEY, name text, other int REFERENCES parent", "(name, other)", False),
        ("id int PRIMARY KEY, name text, other int REFERENCES parent", "(other) WHERE name = 'x'", False),
        ("id int PRIMARY KEY, name text, other int", "(other)", False),
    ],
)
def test_the_index_behind_a_foreign_key_is_never_unused(
    connection: psycopg.Connection, table: str, index: str, stays: bool
) -> None:
    make(
        connection,
        f"""CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE pair (a int, b int, PRIMARY KEY (a, b));
        CREATE TABLE child ({table}); CREATE INDEX quiet ON child {index}""",
    )
    assert ("quiet" not in dropped(connection)) is stays


def test_of_two_indexes_that_serve_the_check_one_may_go(connection: psycopg.Connection) -> None:
    make(
        connection,
        """CREATE TABLE parent (id int PRIMARY KEY);
        CREATE TABLE child (id int PRIMARY KEY, other int REFERENCES parent, a text, b text);
        CREATE INDEX by_a ON child (other, a); CREATE INDEX by_b ON child (other, b)""",
    )
    assert len(dropped(connection)) == 1


PARTIAL = """
CREATE TABLE events (id int PRIMARY KEY, at timestamptz NOT NULL, payload text, org int);
INSERT INTO events SELECT i, timestamptz '2024-01-01' + i * interval '1 second', CASE WHEN i % 200 = 0 THEN 'x' END, i % 7
  FROM generate_series(1, 40000) AS i;
CREATE INDEX events_at ON events (at);
CREATE INDEX events_at_payload ON events (at) WHERE {predicate}
"""


@pytest.mark.parametrize(
    ("predicate", "superfluous"),
    [("payload IS NOT NULL", False), ("org = 3 AND payload IS NOT NULL", False), ("org >= 0", True)],
)
def test_a_small_partial_index_is_not_superfluous_beside_a_large_full_one(
    connection: psycopg.Connection, predicate: str, superfluous: bool
) -> None:
    make(connection, PARTIAL.format(predicate=predicate))
    connection.execute("SELECT count(*) FROM events WHERE at > '2030-01-01'")
    reasons = dropped(connection)
    assert ("redundant" in reasons.get("events_at_payload", "")) is superfluous


def test_what_is_kept_for_another_index_is_not_dropped_as_unused(connection: psycopg.Connection) -> None:
    make(
        connection,
        """CREATE TABLE t (id int PRIMARY KEY, a int, b int);
        INSERT INTO t SELECT i, i, i FROM generate_series(1, 1000) AS i;
        CREATE INDEX short ON t (a); CREATE INDEX long ON t (a, b)""",
    )
    assert list(dropped(connection)) == ["short"]


def test_no_two_lines_of_a_report_contradict_each_other(connection: psycopg.Connection) -> None:
    """Two alike and one longer, none of them read: what one finding keeps, no other drops."""
    make(
        connection,
        """CREATE TABLE t (id int PRIMARY KEY, a int, b int);
        INSERT INTO t SELECT i, i, i FROM generate_series(1, 200000) AS i;
        CREATE INDEX z ON t (a); CREATE INDEX y ON t (a DESC); CREATE INDEX x ON t (a, b);
        UPDATE t SET b = 0 WHERE id = 1""",
    )
    schema, statistics = facts(connection)
    findings = find(RuleContext(Workload(()), {}, schema, statistics), ("IDX",), ())
    kept = {one.facts["kept"] for one in findings if one.code == "IDX001"}
    going = {one.facts["index"] for one in findings if one.code in ("IDX001", "IDX003")}
    assert kept == {"x"} and going == {"y", "z"}
    assert set(dropped(connection)) == going


@pytest.mark.parametrize("unique", ["", "UNIQUE"])
def test_an_invalid_leftover_goes_and_changes_no_other_answer(connection: psycopg.Connection, unique: str) -> None:
    make(
        connection,
        f"""CREATE TABLE note (id int PRIMARY KEY, thread int, at timestamptz, body text);
        INSERT INTO note SELECT i, i % 500, timestamptz '2024-01-01' + i * interval '1 second', repeat('x', 60)
          FROM generate_series(1, 30000) AS i;
        CREATE TABLE alarm (id int PRIMARY KEY, owner int, at timestamptz, body text);
        INSERT INTO alarm SELECT i, i % 50, timestamptz '2024-01-01' + i * interval '1 second', repeat('x', 60)
          FROM generate_series(1, 30000) AS i;
        CREATE INDEX alarm_owner ON alarm (owner);
        CREATE {unique} INDEX note_thread_at ON note (thread, at);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'note_thread_at'::regclass""",
    )
    advice = advised(
        connection,
        {
            "note": ("SELECT id, body FROM note WHERE thread = 7 AND at < '2024-01-02' ORDER BY at DESC LIMIT 20", 3e5),
            "alarm": ("SELECT id, at, body FROM alarm WHERE owner = 7 ORDER BY at DESC LIMIT 20", 6e4),
            "body": ("SELECT id FROM alarm WHERE owner = 7 AND body LIKE 'x%'", 20.0),
        },
    )
    assert {(one.action, one.definition.table) for one in advice.proposals} == {
        ("create", "note"), ("replace", "alarm"), ("drop", "note"),
    }  # fmt: skip
    assert [one.name for one in advice.proposals if one.action == "drop"] == ["note_thread_at"]
    assert not [one for one in advice.why_not if "no index is named" in str(one)]


def test_what_a_captured_query_reads_is_not_called_unused_whatever_the_counters_say(
    connection: psycopg.Connection,
) -> None:
    make(
        connection,
        """CREATE TABLE t (id int PRIMARY KEY, a int, b int);
        INSERT INTO t SELECT i, i, i FROM generate_series(1, 100000) AS i;
        CREATE INDEX quiet ON t (a); CREATE INDEX read ON t (b);
        UPDATE t SET b = 0 WHERE id = 1""",
    )
    plan = PlanNode("Index Scan", 0.3, 8.3, 1, 12, relation="t", index="read")
    context = RuleContext(Workload(()), {}, *facts(connection), plans={"q": plan})
    assert {one.facts["index"] for one in find(context, ("IDX003",), ())} == {"quiet"}
