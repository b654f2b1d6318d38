"""What a revision makes anew, moves or renames keeps the size that production has: planned with the whole command."""

from __future__ import annotations

import re
from pathlib import Path
from shlex import split

import psycopg
import pytest
from click.testing import CliRunner

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.main import advisor_group
from advisor.twin.servers.server import Server
from tests.gate.test_definitions import after, run

TABLE = """
CREATE TABLE events (id int NOT NULL, kind text NOT NULL, at timestamptz NOT NULL);
INSERT INTO events SELECT n, 'Kind' || n, '2026-01-01'::timestamptz + n * interval '1 minute' FROM generate_series(1, 60000) n;
CREATE INDEX ix_at ON events (at);
CREATE INDEX ix_kind ON events (lower(kind));
"""
QUERIES = """SELECT count(*) FROM events WHERE at >= '2026-01-05' AND at < '2026-01-06';
SELECT id FROM events WHERE lower(kind) = 'kind77';
"""
COPIED = "CREATE TABLE n (LIKE events); INSERT INTO n SELECT * FROM events; DROP TABLE events; ALTER TABLE n RENAME TO events;"
INDEXES = "CREATE INDEX ix_at ON events (at); CREATE INDEX ix_kind ON events (lower(kind));"
PARTITIONED = (
    "ALTER TABLE events RENAME TO old; CREATE TABLE events (LIKE old) PARTITION BY RANGE (at);"
    "CREATE TABLE events_a PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
    "CREATE TABLE events_b PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2027-01-01');"
    "INSERT INTO events SELECT * FROM old; DROP TABLE old;"
)
CHILD = "CREATE TABLE events_kept () INHERITS (events)"
ATTACHED = (
    "ALTER TABLE events RENAME TO {part}; CREATE TABLE events (LIKE {part}) PARTITION BY RANGE (at);"
    "ALTER TABLE events ATTACH PARTITION {part} FOR VALUES FROM ('2025-01-01') TO ('2027-01-01');"
)


@pytest.fixture
def team(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    connection.execute(TABLE)
    connection.execute("VACUUM ANALYZE events")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "q.sql").write_text(QUERIES)
    assert run(tmp_path, tmp_path / "q.sql", "--update-baseline").exit_code == 0
    return tmp_path


def test_a_table_made_anew_or_partitioned_without_its_indexes_fails(team: Path, tmp_path: Path) -> None:
    for number, body in enumerate((COPIED, PARTITIONED)):
        done = after(team, tmp_path / f"bad{number}", body)
        assert done.exit_code == 1 and "index ix_at is gone" in done.stdout, done.output
        assert "index ix_kind is gone" in done.stdout and "is taken to hold the rows of public.events" in done.stdout


def test_one_that_keeps_them_passes_whatever_it_is_called(team: Path, tmp_path: Path) -> None:
    renamed = "ALTER TABLE events RENAME TO base; CREATE VIEW events AS SELECT * FROM base"
    again = "DROP INDEX ix_kind; CREATE INDEX ix_lower ON events (lower(kind))"
    for number, body in enumerate(
        (COPIED + INDEXES, PARTITIONED + INDEXES, ATTACHED.format(part="rest"), renamed, again, CHILD)
    ):
        done = after(team, tmp_path / f"good{number}", body)
        assert done.exit_code == 0 and "passed: 2 queries checked, 0 failed" in done.stdout, (body, done.output)


def test_a_filled_table_that_is_attached_keeps_its_rows(team: Path, tmp_path: Path) -> None:
    done = after(team, tmp_path / "bad", ATTACHED.format(part="rest") + "DROP INDEX ix_kind;")
    assert done.exit_code == 1 and "index ix_kind is gone" in done.stdout and "Seq Scan rest" in done.stdout, (
        done.output
    )


def test_a_size_that_nobody_knows_is_assumed_and_said(team: Path, tmp_path: Path) -> None:
    text = "SELECT * FROM answers WHERE text = 'none' /*source_location='app/pages.py:41'*/"
    log = f"2026-11-30 10:00:00.000 UTC [77] app@tests LOG:  duration: 0.5 ms  statement: {text}\n"
    (tmp_path / "new.log").write_text(log)
    made = "CREATE TABLE answers (id int PRIMARY KEY, text text NOT NULL)"
    done = after(team, tmp_path / "new", made, tmp_path / "new.log")
    assert done.exit_code == 0 and "warning PLN007" in done.stdout, done.output
    assert "answers is assumed to hold 10,000 rows: a revision makes it" in done.stdout
    assert "sent   app/pages.py:41" in done.stdout
    other = "DROP TABLE events; CREATE TABLE events (at timestamptz, lower text, kind text)"
    done = after(team, tmp_path / "other", other)
    assert "costs no more" not in done.stdout and done.exit_code == 1, done.output


def test_the_index_that_a_new_query_wants_becomes_a_revision(team: Path, tmp_path: Path) -> None:
    (tmp_path / "new.sql").write_text("SELECT at FROM events WHERE id = 77;\n")
    done = run(team, tmp_path / "new.sql", "--proposals", tmp_path / "fixes.json")
    assert done.exit_code == 1 and "error PLN007" in done.stdout, done.output
    said = re.search(
        r"CREATE INDEX CONCURRENTLY (\w+) ON public.events .*; as a revision: advisor (migrate .*)", done.stdout
    )
    assert said, done.stdout
    made = CliRunner().invoke(advisor_group, [*split(said[2]), "--sql"])
    assert made.exit_code == 0 and f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {said[1]} ON" in made.stdout, made.output
