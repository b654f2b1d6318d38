"""Starting a twin: providers, what cannot be restored, settings, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.catalog.schema import Table
from advisor.catalog.snapshot import Snapshot, take_snapshot
from advisor.catalog.statistics import RelationStatistics, Statistics
from advisor.errors import TwinError, UsageError
from advisor.twin.plan import PlanNode
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import Twin, start_twin
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Ask
from benchmarks.twin_fidelity import VERSIONS

EMPTY = Snapshot("", Statistics(), {}, 180000)


def schema_only(text: str) -> Snapshot:
    return replace(EMPTY, schema_sql=text)


def plan(twin: Twin, text: str) -> PlanNode:
    (answer,) = twin.what_if.plan([Ask(BoundStatement(text, None, "logged"))])
    assert isinstance(answer, PlanNode), answer
    return answer


def test_objects_that_need_a_missing_extension_are_skipped_and_listed_and_the_rest_lives() -> None:
    snapshot = schema_only("""
        CREATE EXTENSION postgis;
        CREATE TABLE shop (id int PRIMARY KEY, place geometry(Point, 4326) NOT NULL, "geometry" int);
        CREATE INDEX shop_place ON shop USING gist (place);
        CREATE INDEX shop_geometry ON shop ("geometry");
        CREATE VIEW near AS SELECT id FROM shop WHERE st_dwithin(place, 'POINT(1 1)', 5);
        ALTER TABLE shop OWNER TO nobody_here;
        GRANT SELECT ON shop TO nobody_here;
        CREATE SUBSCRIPTION s CONNECTION 'host=production' PUBLICATION p;
    """)
    with start_twin(snapshot) as twin:
        skipped = "\n".join(twin.notes)
        assert "CREATE EXTENSION postgis" in skipped
        assert "type geometry is unknown here: bytea stands in" in skipped
        assert "shop_place" in skipped and "CREATE VIEW near" in skipped
        assert "OWNER" not in skipped
        assert twin.notes[4:] == ("left out, as no plan depends on it: 1 GRANT, 1 SUBSCRIPTION",)
        assert plan(twin, "SELECT * FROM shop WHERE id = 1").index == "shop_pkey"
        assert {index.name for index in twin.schema.tables["public", "shop"].indexes} == {"shop_pkey", "shop_geometry"}


def test_a_dump_with_data_and_psql_commands_leaves_an_empty_table() -> None:
    dump = "\\restrict x\nCREATE TABLE t (id int, note text);\nCOPY public.t (id, note) FROM stdin;\n1\ta;b'c$$\n\\.\nINSERT INTO t VALUES (2, 'b');\n"
    with start_twin(schema_only(dump)) as twin, twin.connect() as connection:
        assert twin.notes == ()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_what_is_no_schema_is_not_run_and_said() -> None:
    snapshot = schema_only("""
        CREATE TABLE t (id int);
        DO $$ BEGIN RAISE 'run!'; END $$;
        ALTER SYSTEM SET work_mem = '1GB';
        SELECT pg_catalog.pg_read_file('/etc/passwd');
        COPY t TO PROGRAM 'touch /tmp/no';
        UPDATE t SET id = 1;
    """)
    with start_twin(snapshot) as twin:
        assert [note.split(" (")[0] for note in twin.notes] == [
            "left out: DO $$ BEGIN RAISE 'run!'; END $$", "left out: ALTER SYSTEM SET work_mem = '1GB'",
            "left out: SELECT pg_catalog.pg_read_file('/etc/passwd')", "left out: UPDATE t SET id = 1",
        ]  # fmt: skip


def test_policies_apply_to_the_roles_that_only_they_name_and_it_is_said_where_no_role_is_known() -> None:
    policy = 'CREATE TABLE t (id int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;\nCREATE POLICY p ON t TO "Some One" USING (id > 5)'
    with start_twin(schema_only(policy)) as twin:
        (note,) = twin.notes
        assert "the snapshot names no roles" in note and "public.t" in note
        statement = BoundStatement("SELECT * FROM t", None, "logged", role="Some One")
        (answer,) = twin.what_if.plan([Ask(statement)])
        assert isinstance(answer, PlanNode) and "id > 5" in answer.detail["Filter"]


def test_production_settings_and_search_path_apply() -> None:
    snapshot = replace(
        schema_only("CREATE SCHEMA app; CREATE TABLE app.t (id int)"),
        settings={"random_page_cost": "1.25", "work_mem": "64MB", "enable_hashjoin": "off", "enable_telepathy": "on",
                  "shared_buffers": "8GB"},
        search_path=("app", "public"),
    )  # fmt: skip
    with start_twin(snapshot) as twin, twin.connect() as connection:
        shown = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in
                 ("random_page_cost", "work_mem", "enable_hashjoin", "search_path")]  # fmt: skip
        assert shown == [("1.25",), ("64MB",), ("off",), ("app, public",)]
        assert twin.notes == ("setting enable_telepathy is unknown to this server version",)
        assert plan(twin, "SELECT * FROM t").relation == "t"


def test_a_missing_locale_is_replaced_by_one_that_is_not_c_and_said() -> None:
    snapshot = replace(schema_only("CREATE TABLE t (x text); CREATE INDEX i ON t (x)"), collation="tlh_KX.UTF-8")
    with start_twin(snapshot) as twin:
        (note,) = twin.notes
        assert "tlh_KX.UTF-8" in note and "stands in" in note
        assert "Index Cond" not in plan(twin, "SELECT x FROM t WHERE x LIKE 'abc%' ORDER BY x LIMIT 1").detail


LIKE = schema_only("CREATE TABLE t (x text); CREATE INDEX i ON t (x)")


@pytest.mark.parametrize("major", sorted(VERSIONS))
@pytest.mark.parametrize(
    ("locale", "is_c"),
    [
        ({"collation": "C"}, True),
        ({"collation": "C.UTF-8", "ctype": "C.UTF-8"}, False),
        ({"collation": "en_US.UTF-8", "ctype": "en_US.UTF-8", "locale_provider": "icu", "locale": "en-US"}, False),
        ({"collation": "C", "locale_provider": "builtin", "locale": "C.UTF-8"}, True),
        ({"collation": "de_DE.ISO-8859-1", "ctype": "de_DE.ISO-8859-1", "encoding": "LATIN1"}, False),
    ],
)
def test_like_uses_an_index_exactly_when_productions_collation_is_c(
    major: int, locale: dict[str, str], is_c: bool
) -> None:
    with start_twin(replace(LIKE, server_version=major * 10_000, **locale)) as twin:
        plan_tree = plan(twin, "SELECT x FROM t WHERE x LIKE 'abc%' ORDER BY x LIMIT 1")
        conditions = [node.detail.get("Index Cond", "") for node in plan_tree.walk()]
        assert any("abc" in condition for condition in conditions) is is_c, (twin.notes, plan_tree)


def test_a_table_of_a_terabyte_costs_no_disk() -> None:
    pages = 140_000_000
    statistics = Statistics(relations={("public", "t"): RelationStatistics(5e9, pages), ("public", "t_pkey"): RelationStatistics(5e9, pages // 10, height=4)})  # fmt: skip
    snapshot = replace(schema_only("CREATE TABLE t (id bigint PRIMARY KEY, x text)"), statistics=statistics)
    with start_twin(snapshot) as twin:
        root = plan(twin, "SELECT * FROM t")
        assert root.relation == "t" or root.children[0].relation == "t"
        assert max(node.total_cost for node in root.walk()) > pages
        point = plan(twin, "SELECT * FROM t WHERE id = 5")
        assert point.index == "t_pkey" and point.rows == pytest.approx(1, abs=2.5e7)


def test_migrations_run_on_the_empty_twin_and_their_indexes_are_sized() -> None:
    statistics = Statistics(relations={("public", "t"): RelationStatistics(1e6, 10_000), ("public", "gone"): RelationStatistics(1e6, 3000, height=2)})  # fmt: skip
    snapshot = replace(schema_only("CREATE TABLE t (id int, x int); CREATE INDEX gone ON t (x)"), statistics=statistics)

    def migrate(url: str, _superuser: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE INDEX added ON t (id)")
            connection.execute("DROP INDEX gone")

    def size(definition: IndexDefinition, table: Table, statistics: Statistics, version: int) -> IndexSize:
        assert (definition.table, table.name, version) == ("t", "t", 180000)
        return IndexSize(statistics.rows("public", "t"), 2745, 2)

    with start_twin(snapshot, prepare=migrate, size_of=size) as twin:
        assert {index.name for index in twin.schema.tables["public", "t"].indexes} == {"added"}
        scan = plan(twin, "SELECT id FROM t WHERE id = 5")
        assert scan.total_cost < 20_000 and "added" in scan.indexes


def test_the_nearest_version_is_taken_with_a_warning() -> None:
    with start_twin(replace(EMPTY, server_version=250001)) as twin:
        assert twin.description.startswith("PostgreSQL 18") and "embedded" in twin.description
        assert twin.notes == ("the twin runs PostgreSQL 18, production 25: plans may differ",)


@pytest.mark.parametrize("major", sorted(major for major in VERSIONS if major < 18))
def test_local_binaries_of_productions_version_are_preferred(major: int) -> None:
    with start_twin(replace(EMPTY, server_version=major * 10_000)) as twin:
        assert twin.description.startswith(f"PostgreSQL {major}.") and "local" in twin.description
        assert twin.notes == ()


def test_a_superuser_url_is_a_twin_and_its_database_is_dropped() -> None:
    with Server(embedded_binaries()) as server, server.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, x text)")
        connection.execute("INSERT INTO t SELECT n, n FROM generate_series(1, 50000) n")
        connection.execute("VACUUM ANALYZE t")
        connection.execute("CHECKPOINT")
        before = connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
        snapshot = take_snapshot(server.url())
        real = connection.execute("EXPLAIN (FORMAT JSON) SELECT * FROM t WHERE id < 500").fetchone()
        with start_twin(snapshot, server.url()) as twin:
            assert twin.description.endswith("(at the given URL)")
            planned = plan(twin, "SELECT * FROM t WHERE id < 500")
        assert real is not None and planned.total_cost == real[0][0]["Plan"]["Total Cost"]
        assert connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall() == before


def test_a_url_without_superuser_is_one_clear_error() -> None:
    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            connection.execute("CREATE ROLE guest LOGIN")
        url = server.url().replace("postgres@", "guest@")
        with pytest.raises(TwinError, match="no superuser"), start_twin(EMPTY, url):
            pass


def test_a_later_run_drops_the_database_of_a_killed_one_and_spares_the_living() -> None:
    script = """
import sys, time
from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.twin.start import start_twin
with start_twin(Snapshot("CREATE TABLE t (id int)", Statistics(), {}, 180000), sys.argv[1]) as twin:
    print("ready", flush=True)
    time.sleep(60)
"""
    with Server(embedded_binaries()) as server:
        children = [
            subprocess.Popen([sys.executable, "-c", script, server.url()], stdout=subprocess.PIPE, text=True)
            for _ in "ab"
        ]
        try:
            for child in children:
                assert child.stdout is not None and child.stdout.readline() == "ready\n"
            assert len(twins(server)) == 2
            children[0].kill()
            children[0].wait()
            with start_twin(EMPTY, server.url()):
                assert len(twins(server)) == 2
            assert len(twins(server)) == 1
            children[1].terminate()
        finally:
            for child in children:
                child.kill()
                child.communicate()


def twins(server: Server) -> list[str]:
    with server.connect() as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'twin%'")]


def test_an_unknown_provider_names_those_that_exist() -> None:
    with pytest.raises(UsageError) as caught, start_twin(EMPTY, "cloud"):
        pass
    assert caught.value.do == "choose auto, embedded, local, container or a URL"


def test_the_twin_command_runs_sql_and_returns_psqls_status(tmp_path: Path) -> None:
    schema = tmp_path / "schema.sql"
    schema.write_text("CREATE TABLE t (id int PRIMARY KEY);")
    command = [sys.executable, "-m", "advisor.cli.main", "twin", "--schema", str(schema), "-c"]
    command = [sys.executable, "-c", "from advisor.cli.main import main; main()", *command[3:]]
    good = subprocess.run([*command, "EXPLAIN SELECT * FROM t WHERE id = 1"], capture_output=True, text=True)
    assert good.returncode == 0 and "t_pkey" in good.stdout
    bad = subprocess.run([*command, "SELECT * FROM missing"], capture_output=True, text=True)
    assert bad.returncode != 0 and 'relation "missing" does not exist' in bad.stderr


def test_a_candidate_is_costed_as_its_real_build_and_hiding_takes_indexes_away() -> None:
    key = IndexDefinition("public", "t", (IndexKey.of("x"), IndexKey.of("id")))
    text = "SELECT id FROM t WHERE x = 77"
    with Server(embedded_binaries()) as server, server.connect() as connection:
        connection.execute("CREATE EXTENSION pageinspect; CREATE TABLE t (id int PRIMARY KEY, x int NOT NULL)")
        connection.execute("INSERT INTO t SELECT n, n % 1000 FROM generate_series(1, 200000) n")
        connection.execute("VACUUM ANALYZE t")
        connection.execute("CHECKPOINT")
        snapshot = take_snapshot(server.url())
        connection.execute(key.ddl().encode())
        row = connection.execute(
            "SELECT pg_relation_size(oid) / 8192, reltuples, level FROM pg_class, bt_metap(relname) WHERE relname = %s",
            [key.name],
        ).fetchone()
        real = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode()).fetchone()
    assert row is not None and real is not None
    with start_twin(snapshot) as twin:
        ask = Ask(BoundStatement(text, None, "logged"))
        missing = IndexDefinition("public", "nowhere", (IndexKey.of("x"),))
        built = twin.what_if.build({key: IndexSize(row[1], row[0], row[2]), missing: IndexSize(1, 2, 0)})
        name = built[key]
        assert isinstance(name, str) and not isinstance(built[missing], str)
        before, shown, again, point, hidden = twin.what_if.plan([
            ask,
            Ask(ask.statement, frozenset({name})),
            ask,
            Ask(BoundStatement("SELECT * FROM t WHERE id = 5", None, "logged")),
            Ask(BoundStatement("SELECT * FROM t WHERE id = 5", None, "logged"), hidden=frozenset({"t_pkey"})),
        ])  # fmt: skip
        for answer in (before, shown, again, point, hidden):
            assert isinstance(answer, PlanNode)
        assert before == again and before.node_type != "Index Only Scan"
        assert shown.index == name and shown.total_cost == real[0][0]["Plan"]["Total Cost"]
        assert point.index == "t_pkey" and "t_pkey" not in hidden.indexes
        assert plan(twin, "SELECT * FROM t WHERE id = 6").index == "t_pkey"
