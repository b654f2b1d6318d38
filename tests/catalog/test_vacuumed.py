"""Tables that were loaded and never vacuumed are advised on as after their first autovacuum, and that is said."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from advisor.catalog.snapshot import take_snapshot
from advisor.catalog.snapshot_model import Snapshot
from advisor.catalog.vacuumed import vacuumed
from advisor.twin.servers.server import Server

TABLES = """
CREATE TABLE loaded (id int, v int, body text);
INSERT INTO loaded SELECT i, i, repeat('x', 90) FROM generate_series(1, 5000) AS i;
CREATE INDEX ON loaded (v);
CREATE TABLE swept (id int, v int, body text);
INSERT INTO swept SELECT i, i, repeat('x', 90) FROM generate_series(1, 5000) AS i;
VACUUM ANALYZE swept;
UPDATE swept SET v = v + 1;
ANALYZE;
SELECT pg_stat_force_next_flush()
"""


@pytest.fixture
def snapshot(connection: psycopg.Connection, server: Server, database: str) -> Snapshot:
    for statement in TABLES.split(";"):
        connection.execute(statement.encode())
    return take_snapshot(server.url(database))


def test_only_what_was_never_vacuumed_is_taken_as_visible(snapshot: Snapshot) -> None:
    before, after = snapshot.statistics.relations, vacuumed(snapshot).statistics.relations
    assert before["public", "loaded"].all_visible == 0
    assert after["public", "loaded"] == replace(before["public", "loaded"], all_visible=after["public", "loaded"].pages)
    rest = before.keys() - {("public", "loaded")}
    assert rest and all(after[place] == before[place] for place in rest), "neither a vacuumed table nor an index"


def test_it_is_said_once_with_the_names(snapshot: Snapshot) -> None:
    (note,) = set(vacuumed(snapshot).notes) - set(snapshot.notes)
    assert note == "never vacuumed, judged as after their first autovacuum: public.loaded"
    assert vacuumed(vacuumed(snapshot)).notes == vacuumed(snapshot).notes
