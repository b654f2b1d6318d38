"""A revision that makes a query slower on rows is named and is one to revert; one that helps is kept."""

from __future__ import annotations

import pytest

from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.judging import judge
from advisor.verify.measuring.on_data import effects_on_data
from advisor.verify.proof import Proof, Timing
from advisor.verify.running.upgrade import History
from tests.revisions.builders import alembic

ROWS = """
CREATE TABLE events (id bigint PRIMARY KEY, kind int, note text);
INSERT INTO events SELECT n, n % 5000, 'note ' || n FROM generate_series(1, 60000) n;
CREATE INDEX ix_old ON events (note);
VACUUM ANALYZE events
"""
HELPS = ('op.create_index("ix_kind", "events", ["kind"])', 'op.drop_index("ix_kind")')
HARMS = ('op.drop_index("ix_old")', 'op.create_index("ix_old", "events", ["note"])')
IDLE = (
    'op.create_index("ix_idle", "events", ["id"], postgresql_where=sa.text("kind < 0"))',
    'op.drop_index("ix_idle")',
)
BREAKS = ('op.drop_column("events", "note")', "pass")
FAILS = ('op.create_unique_constraint("u", "events", ["kind"])', "pass")
STATEMENTS = {
    "by kind": [BoundStatement("SELECT * FROM events WHERE kind = $1", (kind,), "logged") for kind in ("7", "11")],
    "by note": [BoundStatement("SELECT id FROM events WHERE note = 'note 77'", None, "logged")],
    "by id": [BoundStatement("SELECT kind FROM events WHERE id = 9", None, "logged")],
    "refused": [BoundStatement("SELECT 1 / (id - id) FROM events", None, "logged")],
}


@pytest.fixture
def verdicts(ini, server, database, connection):
    """Return a function that writes revisions and says what they do to the statements."""
    for statement in ROWS.split(";\n"):
        connection.execute(statement)
    connection.close()

    def run(*revisions):
        names = []
        for number, (up, down) in enumerate(revisions):
            alembic(ini.parent, "revision", "-m", f"number {number}", "--rev-id", f"r{number}")
            (path,) = (ini.parent / "migrations" / "versions").glob(f"r{number}_*.py")
            path.write_text(path.read_text().replace("pass", up, 1).replace("pass", down, 1))
            names.append(f"r{number}")
        with History.open(ini) as history:
            return effects_on_data(history, server.url(database), STATEMENTS, runs=6, seconds=4)

    return run


def test_each_revision_gets_its_own_verdict(verdicts):
    found = verdicts(HELPS, HARMS, IDLE)
    assert [(one.revision, one.verdict) for one in found.verdicts] == [
        ("r0", "keep"), ("r1", "revert"), ("r2", "no effect"),
    ]  # fmt: skip
    helps, harms, idle = (one.why for one in found.verdicts)
    assert "by kind" in helps and "by note" in harms and "by kind" not in harms and "no measured query" in idle
    assert {one.query for one in found.timings} == {"by kind", "by note", "by id"}
    assert not found.added_to(Proof("server", "data")).passed


def test_a_statement_that_fails_is_counted_and_blamed_on_nobody(verdicts):
    found = verdicts(HELPS)
    (failure,) = found.failures
    assert (failure.query, failure.side, failure.reason) == ("refused", "before", "division by zero")
    assert found.added_to(Proof("server", "data")).passed


def test_a_revision_that_breaks_a_query_is_one_to_revert(verdicts):
    found = verdicts(IDLE, BREAKS)
    assert [one.verdict for one in found.verdicts] == ["no effect", "revert"]
    assert "by note fails" in found.verdicts[1].why


def test_a_revision_that_fails_on_the_rows_is_one_to_revert_and_the_next_goes_on(verdicts):
    found = verdicts(FAILS, HELPS)
    assert [one.verdict for one in found.verdicts] == ["revert", "keep"]
    assert "fails on these rows" in found.verdicts[0].why


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ((10.0, 9.0), (30.0, 28.0), "slower"),
        ((10.0, 9.0), (30.0, 9.5), "same"),  # a busy moment: its fastest run is what it was
        ((10.0, 9.0), (11.0, 30.0), "same"),
        ((10.0, 9.0), (14.9, 13.0), "same"),  # below the limit
        ((0.02, 0.01), (0.09, 0.08), "same"),  # the connection's own time
        ((30.0, 28.0), (10.0, 9.0), "faster"),
        ((30.0, 9.0), (10.0, 9.0), "same"),
    ],
)
def test_noise_is_no_verdict(before, after, verdict):
    sides = [(median, median, median) for median, _ in (before, after)]
    timing = Timing("q", 9, sides[0], sides[1], 90.0, 90.0, (before[1], after[1]))
    assert judge(timing) == verdict
