"""Timings before and after: on data, interleaved, bounded, and leaving nothing behind."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.errors import ProofError
from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.timing import measure, percentiles

ROWS = """
CREATE TABLE events AS SELECT n AS id, n %% 5000 AS kind, 'note ' || n AS note FROM generate_series(1, 200000) n;
CREATE INDEX ix_new ON events (kind);
VACUUM ANALYZE events;
"""


@pytest.fixture
def events(connection):
    for statement in ROWS.replace("%%", "%").split(";\n"):
        if statement.strip():
            connection.execute(statement)
    return connection


def bound(text, *parameters, basis="logged"):
    return BoundStatement(text, parameters or None, basis)


STATEMENTS = {
    "lookup": [bound("SELECT * FROM events WHERE kind = $1", str(kind)) for kind in (7, 11)],
    "literal": [bound("SELECT count(*) FROM events WHERE note LIKE '%7:x%'")],
    "write": [bound("UPDATE events SET note = $1 WHERE kind = $2", "changed", "13")],
    "unknown values": [bound("SELECT * FROM events WHERE kind = $1", basis="generic")],
}


def test_hidden_before_and_shown_after(events, server, database):
    timings = {one.query: one for one in measure(server.url(database), STATEMENTS, indexes=["ix_new"], runs=7).timings}
    assert list(timings) == ["lookup", "literal", "write"]
    assert timings["lookup"].executions == 7
    assert timings["lookup"].after[0] < timings["lookup"].before[0]
    assert all(one.before[0] <= one.before[1] <= one.before[2] <= one.total_before_ms for one in timings.values())


def test_nothing_is_left_behind(events, server, database):
    state = "SELECT (SELECT count(*) FROM events WHERE note = 'changed'), bool_and(indisvalid) FROM pg_index"
    measure(server.url(database), STATEMENTS, indexes=["ix_new"], runs=2)
    assert events.execute(state).fetchone() == (0, True)


def test_two_databases_can_be_compared(events, server, database):
    url = server.url(database)
    (timing,) = measure(url, {"lookup": STATEMENTS["lookup"]}, before_url=url, runs=3).timings
    assert timing.executions == 3


def test_the_time_is_bounded(events, server, database):
    slow = {"slow": [bound("SELECT pg_sleep(0.05)")]}
    (timing,) = measure(server.url(database), slow, runs=1000, seconds=0.2).timings
    assert 1 <= timing.executions < 10


def test_a_failing_statement_is_named_and_the_others_are_measured(events, server, database):
    mixed = {"broken": [bound("SELECT * FROM nosuchtable")], **STATEMENTS}
    measured = measure(server.url(database), mixed, runs=1)
    assert [one.query for one in measured.timings] == ["lookup", "literal", "write"]
    (failure,) = measured.failures
    assert (failure.query, failure.side) == ("broken", "before") and "nosuchtable" in failure.reason


def test_a_statement_that_takes_too_long_is_named_too(events, server, database):
    slow = {"slow": [bound("SELECT pg_sleep(5)")], "lookup": STATEMENTS["lookup"]}
    measured = measure(server.url(database), slow, runs=1, statement_timeout_ms=50)
    assert [one.query for one in measured.timings] == ["lookup"]
    assert "timeout" in measured.failures[0].reason


def test_a_dead_server_is_one_clear_error(tmp_path):
    with pytest.raises(ProofError, match="cannot be reached"):
        measure(f"postgresql:///x?host={tmp_path}", STATEMENTS)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50))
def test_percentiles_are_ordered_and_within_the_measured(times):
    low, *inner, high = min(times), *percentiles(times), max(times)
    rounding = 1e-9 * high
    for smaller, larger in itertools.pairwise([low, *inner, high]):
        assert smaller <= larger + rounding


def test_percentiles_are_what_the_server_computes(connection):
    times = [float(number * number) for number in range(37)]
    query = "SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY t) FROM unnest(%s::float8[]) t"
    (expected,) = connection.execute(query, (times,)).fetchone()
    assert percentiles(times) == pytest.approx(expected)


def test_a_statement_runs_as_its_role_under_what_its_session_had_set(connection, server, database):
    connection.execute("DROP ROLE IF EXISTS timed_web; CREATE ROLE timed_web; CREATE TABLE seen (who text, by text)")
    connection.execute("INSERT INTO seen VALUES ('anna', 'timed_web'), ('bert', 'timed_web')")
    connection.execute("GRANT SELECT ON seen TO PUBLIC; ALTER TABLE seen ENABLE ROW LEVEL SECURITY")
    connection.execute("CREATE POLICY own ON seen USING (who = current_setting('app.who') AND by = current_user)")
    one_row = BoundStatement(
        "SELECT 1 / (CASE WHEN count(*) = 1 THEN 1 ELSE 0 END) FROM seen", None, "logged",
        role="timed_web", settings=(("app.who", "anna"),),
    )  # fmt: skip
    (timing,) = measure(server.url(database), {"own": [one_row]}, runs=2).timings
    assert timing.executions == 2
    (failure,) = measure(server.url(database), {"own": [replace(one_row, role=None)]}, runs=1).failures
    assert failure.reason == "division by zero"
    connection.execute("DROP OWNED BY timed_web; DROP ROLE timed_web")
