"""What the advisor and pg_dump read is no workload; a savepoint is no query that could not be analysed."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.analysis.analyse import analyse_query
from advisor.analysis.shape import QueryShape
from advisor.catalog.schema import Schema
from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.errors import InputError
from advisor.twin.servers.server import Server
from advisor.workload.collect import collect
from advisor.workload.merging.own_reading import reads_catalogs_alone


def test_our_own_reading_and_pg_dumps_are_left_out_and_counted(server: Server, database: str, tmp_path: Path) -> None:
    with server.connect(database) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE t (id int PRIMARY KEY, a int)")
        connection.execute(
            "CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('1')"
        )
        connection.execute("INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n; ANALYZE t")
        connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(3):
            with connection.transaction(), connection.transaction():
                connection.execute(f"SELECT * FROM t WHERE a = {number}".encode())
    take_snapshot(server.conninfo(database))
    collect([server.conninfo(database)])
    save_snapshot(take_snapshot(server.conninfo(database)), tmp_path / "snap")
    workload = collect([str(tmp_path / "snap" / "statements.csv")])
    reading = [
        query.text for query in workload.queries if query.text.upper().startswith(("SELECT", "LOCK", "WITH", "COPY"))
    ]
    assert reading == ["SELECT * FROM t WHERE a = $1"]
    assert any("left out: " in note and "system catalogs alone" in note for note in workload.notes)
    assert not any(query.unparsed for query in workload.queries)
    savepoint = next(query for query in workload.queries if query.text == "SAVEPOINT $1")
    shape = analyse_query(savepoint, Schema({}, 18))
    assert isinstance(shape, QueryShape) and shape.kind == "utility"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("SELECT relname FROM pg_class c JOIN pg_catalog.pg_namespace n ON true", True),
        ("WITH x AS (SELECT 1 FROM pg_class) SELECT * FROM x", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", True),
        ("SELECT table_name FROM information_schema.tables", True),
        ("SELECT * FROM pg_search_documents", False),
        ("SELECT * FROM shop.pg_class, pg_catalog.pg_namespace", False),
        ("SELECT * FROM t WHERE relid IN (SELECT oid FROM pg_class)", False),
        ("SELECT 'pg_class'", False),
        ("SELECT count(*) FROM orders WHERE note = 'pg_catalog'", False),
    ],
)
def test_a_statement_on_a_table_of_the_teams_own_stays(text: str, alone: bool) -> None:
    assert reads_catalogs_alone(text) is alone


def test_a_log_of_our_sessions_alone_holds_no_workload(tmp_path: Path) -> None:
    line = "2026-12-01 10:00:00.000 UTC [7] bob@shop/advisor LOG:  duration: 5.000 ms  statement: SELECT * FROM t WHERE a = 1\n"
    log = tmp_path / "own.log"
    log.write_text(line * 20 + line.replace("/advisor", "/web").replace("a = 1", "b = 2"))
    workload = collect([str(log)], log_line_prefix="%m [%p] %u@%d/%a ", jobs=1)
    assert [query.text for query in workload.queries] == ["SELECT * FROM t WHERE b = $1"]
    log.write_text(line * 20)
    with pytest.raises(InputError, match="nothing but"):
        collect([str(log)], log_line_prefix="%m [%p] %u@%d/%a ", jobs=1)
