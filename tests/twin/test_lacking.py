"""What a dump names and the twin has not costs an expression, never the table with its indexes and statistics."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from advisor.catalog.snapshot import Snapshot, save_snapshot, take_snapshot
from advisor.catalog.statistics import Statistics
from advisor.cli.main import advisor_group
from advisor.twin.costing.planner import Planner
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks.twin_fidelity import VERSIONS

LACKING = Path(__file__).with_name("lacking.sql")
PRODUCTION = """
CREATE SCHEMA ext;
CREATE FUNCTION ext.key() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
CREATE FUNCTION ext.digest(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT md5($1)';
CREATE FUNCTION ext.bucket(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 % 10';
CREATE TABLE device (id uuid DEFAULT ext.key() PRIMARY KEY, owner_id integer, serial text);
CREATE TABLE token (id integer PRIMARY KEY, secret text, digest text GENERATED ALWAYS AS (ext.digest(secret)) STORED,
                    owner_id integer, CHECK (ext.digest(secret) <> ''));
CREATE TABLE reading (id integer, device integer, at timestamptz) PARTITION BY RANGE (ext.bucket(device));
CREATE TABLE reading_1 PARTITION OF reading FOR VALUES FROM (0) TO (5);
CREATE TABLE reading_2 PARTITION OF reading FOR VALUES FROM (5) TO (10);
INSERT INTO device (owner_id, serial) SELECT n % 900, 's' || n FROM generate_series(1, 30000) n;
INSERT INTO token (id, secret, owner_id) SELECT n, 'secret ' || n, n % 700 FROM generate_series(1, 30000) n;
INSERT INTO reading SELECT n, n % 800, timestamptz '2024-01-01' + n * interval '1 s' FROM generate_series(1, 30000) n;
CREATE INDEX ON device (serial); CREATE INDEX ON token (digest); CREATE INDEX ON reading (at);
CREATE INDEX ON token (ext.digest(secret));
VACUUM;
ANALYZE;
"""
STATEMENTS = [
    "SELECT * FROM device WHERE owner_id = 7", "SELECT * FROM device WHERE serial = 's7'", "SELECT * FROM device WHERE id = 'd3b07384-d113-4ec6-a5d7-000000000000'",
    "SELECT * FROM token WHERE digest = 'x'", "SELECT owner_id, count(*) FROM token GROUP BY 1", "SELECT * FROM reading WHERE at > '2024-01-01 08:00+00'",
    "SELECT * FROM reading WHERE device = 7 ORDER BY at LIMIT 5", "SELECT count(*) FROM token t JOIN device d USING (owner_id)",
]  # fmt: skip
EXPORT = """query,calls,total_exec_time,mean_exec_time,rows,queryid
"SELECT id, serial FROM device WHERE owner_id = $1",50000,1000000,20,50000,1
"SELECT id, secret FROM token WHERE owner_id = $1",50000,600000,12,50000,2
"SELECT id, at FROM reading WHERE device = $1",50000,1000000,20,200000,3
"""


@pytest.fixture
def lacking(server: Server, database: str) -> tuple[Snapshot, list[object]]:
    """The snapshot of a database whose functions an extension brought that the twin has not, and its real plans."""
    with server.connect(database) as connection:
        for statement in PRODUCTION.split(";\n"):
            connection.execute(statement.encode() or b"SELECT")
        connection.execute("CHECKPOINT")
        real = Planner(connection).plan([BoundStatement(text, None, "logged") for text in STATEMENTS])
    snapshot = take_snapshot(server.url(database))
    bare = re.sub(r"^CREATE FUNCTION .*?;$", "", snapshot.schema_sql, flags=re.MULTILINE | re.DOTALL)
    return replace(snapshot, schema_sql=bare), list(real)


def test_tables_are_planned_as_in_production(lacking: tuple[Snapshot, list[object]]) -> None:
    snapshot, real = lacking
    with start_twin(snapshot) as twin:
        planned = twin.what_if.plan([Ask(BoundStatement(text, None, "logged")) for text in STATEMENTS])
    assert planned == real
    assert (
        "function ext.key is unknown here: left out the default of public.device.id; no plan depends on it"
        in twin.notes
    )
    assert not any("CREATE TABLE" in note for note in twin.notes)


def test_indexes_on_them_are_proposed(lacking: tuple[Snapshot, list[object]], tmp_path: Path) -> None:
    save_snapshot(lacking[0], tmp_path / "snapshot")
    (tmp_path / "statements.csv").write_text(EXPORT)
    done = CliRunner().invoke(
        advisor_group,
        ["--isolated", "advise", str(tmp_path / "statements.csv"), "--snapshot", str(tmp_path / "snapshot")],
    )
    assert done.exit_code == 0, done.output
    for place in (
        "public.device USING btree (owner_id",
        "public.token USING btree (owner_id",
        "public.reading USING btree (device",
    ):
        assert place in done.output
    assert "left out the partition key of public.reading" in done.output


@pytest.mark.parametrize("major", sorted(VERSIONS))
def test_every_kind_of_expression_may_lack_something(major: int) -> None:
    with start_twin(Snapshot(LACKING.read_text(), Statistics(), {}, major * 10_000)) as twin:
        tables = {name: table for (_, name), table in twin.schema.tables.items()}
        labelled = {name for name, table in tables.items() if any("label" in index.name for index in table.indexes)}
        policies = twin.connect().execute("SELECT polname, pg_get_expr(polqual, polrelid) FROM pg_policy").fetchall()
    made = re.findall(
        r"^CREATE (?:UNLOGGED )?(?:TABLE|VIEW|MATERIALIZED VIEW) public\.(\w+)", LACKING.read_text(), re.MULTILINE
    )
    assert set(tables) == set(made)
    assert {
        "a_default",
        "b_check",
        "c_generated",
        "d_key",
        "d_key_1",
        "e_policy",
        "f_type",
        "g_index",
        "h_python",
        "l_schema",
        "m_user_types",
        "n_inlined",
        "p_matview",
    } <= labelled
    assert tables["d_key_1"].parent == ("public", "d_key")
    assert {c.definition for c in tables["b_check"].constraints if c.kind == "check"} == {"CHECK ((id > 0))"}
    assert dict(policies) == {"own": "((tenant = 4) AND true)", "far": "true"}
    assert not [note for note in twin.notes if note.startswith("skipped: CREATE TABLE")]
    for said in (
        "left out the check of",
        "left out the partition key of public.d_key;",
        "left out the index g_far",
        "stands in",
    ):
        assert any(said in note for note in twin.notes), said
