"""The load: the workload's mix by several clients, before and after, with nothing left behind."""

from __future__ import annotations

import pytest

from advisor.output.measured_on_rows import load_lines
from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.load_compared import load_compared
from advisor.verify.measuring.load_run import Script, fewer, literal_text, run_load, scripts_of
from advisor.verify.running.upgrade import History
from tests.revisions.builders import alembic

ROWS = """
CREATE TABLE events (id bigint PRIMARY KEY, kind int, note text);
INSERT INTO events SELECT n, n % 5000, 'note ' || n FROM generate_series(1, 40000) n;
VACUUM ANALYZE events
"""
STATEMENTS = {
    "read": [BoundStatement("SELECT * FROM events WHERE kind = $1 AND note <> $2", ("7", "it's :x; -- $1"), "logged")],
    "write": [BoundStatement("UPDATE events SET note = 'changed' WHERE id = $1", ("9",), "logged")],
    "broken": [BoundStatement("SELECT * FROM nosuchtable", None, "logged")],
}
CALLS = {"read": 9.0, "write": 1.0, "broken": 5.0}


@pytest.fixture
def events(server, database, connection):
    for statement in ROWS.split(";\n"):
        connection.execute(statement)
    connection.close()
    return server.url(database)


def test_the_mix_is_run_in_its_proportions_and_leaves_nothing_behind(events, server, database):
    scripts, refused = scripts_of(events, STATEMENTS, CALLS)
    assert {one.query: one.weight for one in scripts} == {"read": 9.0, "write": 1.0}
    assert "nosuchtable" in refused["broken"]
    side = run_load(events, scripts, clients=3, seconds=1)
    assert side.statements > 10 and side.aborted == 0
    assert side.percentiles[0] <= side.percentiles[1] <= side.percentiles[2]
    assert side.wal_bytes > 0 and side.per_second == side.statements
    with server.connect(database) as looking:
        assert looking.execute("SELECT count(*) FROM events WHERE note = 'changed'").fetchone() == (0,)


def test_values_stand_where_their_parameters_stood(connection):
    bound = BoundStatement("SELECT 'é$1', $2::text, $1 -- $2\n;", ("it's", "a\\b"), "logged")
    assert connection.execute(literal_text(connection, bound).encode()).fetchone() == ("é$1", "a\\b", "it's")
    none = BoundStatement("SELECT $1::int", (None,), "logged")
    assert connection.execute(literal_text(connection, none).encode()).fetchone() == (None,)


def test_before_and_after_with_a_writer_between(ini, events):
    alembic(ini.parent, "revision", "-m", "kind", "--rev-id", "r0")
    (path,) = (ini.parent / "migrations" / "versions").glob("r0_*.py")
    path.write_text(path.read_text().replace("pass", 'op.create_index("ix_kind", "events", ["kind"])', 1))
    with History.open(ini) as history:
        load = load_compared(history, events, STATEMENTS, CALLS, [("public", "events")], clients=3, seconds=1)
    assert load.before and load.after and load.longest_wait_ms > 0
    text = "\n".join(load_lines(load))
    assert "Load of 3 clients" in text and "p99" in text and "WAL" in text and "1 queries are not part" in text


def test_of_too_many_statements_each_query_keeps_its_weight():
    scripts = [Script(f"q{number % 3}", str(number), 1.0 + number % 3) for number in range(300)]
    kept = fewer(scripts, 12)
    assert len(kept) == 12
    weights = {query: sum(one.weight for one in kept if one.query == query) for query in ("q0", "q1", "q2")}
    assert weights == pytest.approx({"q0": 100.0, "q1": 200.0, "q2": 300.0})
    assert {one.query for one in fewer(scripts, 2)} == {"q1", "q2"}
