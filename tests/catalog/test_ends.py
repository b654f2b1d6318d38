"""The real ends of indexed columns are looked up where the planner would, and cheaply."""

from __future__ import annotations

import psycopg

from advisor.catalog.live.introspect import read_statistics
from advisor.catalog.snapshot import take_snapshot
from advisor.twin.servers.server import Server

LOADED = """
CREATE TABLE events (id integer PRIMARY KEY, at timestamptz NOT NULL, size integer, kind integer);
INSERT INTO events SELECT n, timestamptz '2024-01-01' + n * interval '1 min', n % 7, 1 FROM generate_series(1, 5000) n;
CREATE INDEX events_at ON events (at, size);
CREATE INDEX events_size ON events (size) WHERE kind = 1;
CREATE INDEX events_kind ON events (kind);
ALTER TABLE events ADD name text, ADD key uuid;
UPDATE events SET name = 'n' || id, key = md5(id::text)::uuid;
CREATE INDEX events_name ON events (name);
CREATE INDEX events_key ON events (key DESC);
ANALYZE events;
INSERT INTO events VALUES (9999, '2025-05-05', 1, 1, 'zz', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
"""
USED = """
SET enable_seqscan = off; SELECT FROM events WHERE id = 1; SELECT FROM events WHERE at < '2024-01-01';
SELECT FROM events WHERE name = 'n'; SELECT FROM events WHERE key = md5('1')::uuid;
"""


def loaded(server: Server, database: str) -> None:
    """Fill the database and use two of its indexes; counters are visible once the session ended."""
    with server.connect(database) as connection:
        connection.execute(LOADED)
        connection.execute(USED)


def test_values_beyond_the_histogram_are_known(server: Server, database: str) -> None:
    loaded(server, database)
    columns = take_snapshot(server.url(database)).statistics.columns
    at, identity = columns["public", "events", "at"], columns["public", "events", "id"]
    assert at.histogram_bounds and at.histogram_bounds[-1].startswith("2024-")
    assert (at.low, at.high) == ("2024-01-01 00:01:00+00", "2025-05-05 00:00:00+00")
    assert (identity.low, identity.high) == ("1", "9999")
    assert (columns["public", "events", "name"].low, columns["public", "events", "name"].high) == ("n1", "zz")
    assert columns["public", "events", "key"].high == "ffffffff-ffff-ffff-ffff-ffffffffffff"
    assert columns["public", "events", "size"].low is None  # leads a partial index only


def test_ends_are_known_however_the_column_is_typed_and_the_key_written(server: Server, database: str) -> None:
    with server.connect(database) as connection:
        connection.execute("""
            CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy'); CREATE DOMAIN score AS integer CHECK (VALUE >= 0);
            CREATE FUNCTION mine(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
            CREATE TABLE t (m mood, s score, n text);
            INSERT INTO t VALUES ('ok', 3, 'Anna'), ('happy', 9, 'zoe');
            CREATE INDEX ON t (m); CREATE INDEX ON t (s); CREATE INDEX t_low ON t (lower(n)); CREATE INDEX t_mine ON t (mine(s));
            CREATE TABLE parent (id integer); CREATE TABLE child () INHERITS (parent); CREATE INDEX ON parent (id);
            INSERT INTO parent VALUES (1), (6); INSERT INTO child VALUES (900);
            ANALYZE t; ANALYZE parent
        """)
    columns = take_snapshot(server.url(database)).statistics.columns
    ends = {key[1:]: (column.low, column.high) for key, column in columns.items()}
    assert ends["t", "m"] == ("ok", "happy") and ends["t", "s"] == ("3", "9")
    assert ends["t_low", "lower"] == ("anna", "zoe")
    assert ends["parent", "id"] == ("1", "6")  # without those of its children
    assert ends["t_mine", "mine"] == (None, None)  # nobody's functions but the server's own are run


def test_a_role_whose_look_ups_are_counted_leaves_alone_what_might_be_dropped(server: Server, database: str) -> None:
    with server.connect(database) as connection:
        connection.execute(LOADED)
        connection.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader")
    url = server.url(database).replace("postgres@", "reader@")
    for _ in range(2):
        snapshot = take_snapshot(url)
        statistics = snapshot.statistics
        assert statistics.columns["public", "events", "id"].high == "9999"  # a primary key is never dropped as unused
        assert statistics.columns["public", "events", "at"].high is None
        assert statistics.unscanned_ends == 4 and statistics.index_activity["public", "events_at"].scans == 0
        assert any("ends of 4 indexed columns were not looked up" in note for note in snapshot.notes)


def test_an_unused_index_still_shows_as_unused(server: Server, database: str) -> None:
    loaded(server, database)
    for _ in range(2):
        activity = take_snapshot(server.url(database)).statistics.index_activity
        assert activity["public", "events_kind"].scans == 0
    assert activity["public", "events_at"].scans >= 1


def test_a_column_that_cannot_be_read_costs_itself_only_and_is_counted(server: Server, database: str) -> None:
    loaded(server, database)
    with server.connect(database) as connection:
        connection.execute("CREATE TABLE torn (id integer PRIMARY KEY); INSERT INTO torn VALUES (3); ANALYZE torn")
        connection.execute("SET enable_seqscan = off; SELECT FROM torn WHERE id = 3; CHECKPOINT")
        row = connection.execute("SELECT pg_relation_filepath('torn_pkey')").fetchone()
        assert row
    with (server.data / row[0]).open("r+b") as index:
        index.seek(8192)
        index.write(b"\xff" * 8192)  # a damaged leaf page, as disks make them
    with server.connect(database) as connection:
        connection.execute("CREATE EXTENSION pg_buffercache")
        connection.execute("SELECT pg_buffercache_evict(bufferid) FROM pg_buffercache WHERE relfilenode ="
                           " pg_relation_filenode('torn_pkey')")  # fmt: skip
    snapshot = take_snapshot(server.url(database))
    assert snapshot.statistics.unread_ends == 1
    assert snapshot.statistics.columns["public", "events", "id"].high == "9999"
    assert any("real ends of 1 indexed columns" in note for note in snapshot.notes)


def test_settings_of_the_look_up_do_not_outlive_it(connection: psycopg.Connection) -> None:
    read_statistics(connection)
    assert connection.execute("SHOW enable_seqscan").fetchone() == ("on",)
    with connection.transaction():
        read_statistics(connection)
        assert connection.execute("SHOW enable_seqscan").fetchone() == ("on",)
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",)
