"""Each property of the whole line on each version: the cells of the matrix."""

from __future__ import annotations

import json
import random
import threading
import time
from pathlib import Path

import psycopg
import pytest
from click import Command
from click.testing import CliRunner, Result

from advisor.catalog.index import IndexKey
from advisor.catalog.live.introspect import read_schema
from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.advise_command import command as advise
from advisor.cli.check_command import command as check
from advisor.cli.verify_command import command as verify
from advisor.revisions.write import write_revisions
from advisor.verify.lint import lint
from benchmarks import mixed
from benchmarks.twin_fidelity import compare, unfaithful
from tests.matrix.servers import ContainerServer, Server, Subject
from tests.revisions.builders import alembic, definition, index_names, proposal

pytestmark = pytest.mark.container

EVENTS = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text NOT NULL, at timestamptz, note text, tags text[], size integer);
CREATE INDEX ix_old ON events (size);
INSERT INTO events SELECT n, 'kind ' || n % 50, now(), 'note ' || n, ARRAY['a', n::text], n FROM generate_series(1, 5000) n;
"""
READINGS = """
CREATE TABLE readings (device integer, at date) PARTITION BY RANGE (at);
CREATE TABLE r24 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY HASH (device);
CREATE TABLE r24_0 PARTITION OF r24 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE r24_1 PARTITION OF r24 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE r25 PARTITION OF readings FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO readings SELECT n % 97, date '2024-01-01' + n % 700 FROM generate_series(1, 5000) n;
"""
TREE = ("readings", "r24", "r24_0", "r24_1", "r25")
WANTED = (
    definition("events", "kind", IndexKey.of("at", descending=True)),
    definition("events", "kind", include=("size", "note")),
    definition("events", "id", "kind", unique=True),
    definition("events", "at", where="note LIKE '50%' AND kind = ':open:'"),
    definition("events", IndexKey("lower(note)", opclass="text_pattern_ops")),
    definition("events", "tags", method="gin", storage=(("fastupdate", "off"),)),
    definition("events", "at", method="brin", storage=(("pages_per_range", "32"),)),
    definition("events", "kind", method="hash"),
)
SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, placed timestamptz, total int);
INSERT INTO customers SELECT n, 'name ' || n FROM generate_series(1, 2000) n;
INSERT INTO orders SELECT n, 1 + n % 2000, '2026-01-01'::timestamptz + n * interval '1 min', n FROM generate_series(1, 60000) n;
CREATE INDEX ix_total ON orders (total);
"""
VARIED = Path(__file__).parent.parent / "twin" / "varied"
Running = Server | ContainerServer


def run(command: Command, *arguments: object, status: int = 0) -> Result:
    done = CliRunner().invoke(command, [str(one) for one in arguments])
    assert done.exit_code == status, done.output + str(done.exception)
    return done


def snapshot(server: Running, database: str, folder: Path) -> Path:
    with server.connect(database) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    save_snapshot(take_snapshot(server.url(database)), folder)
    return folder


def schema_of(server: Running, database: str) -> list[str]:
    dumped = server.run("pg_dump", "--schema-only", "-T", "alembic_version", "-d", database)
    assert dumped.returncode == 0, dumped.stderr
    return [line for line in dumped.stdout.splitlines() if line and not line.startswith(("\\", "--"))]


def test_fidelity(version: Subject, database: str) -> None:
    if version.major < 14:  # the mixture is written for 14 and later: multiranges, statistics on expressions
        for script in ("schema.sql", "trigram.sql"):
            done = version.server.run(
                "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", str(VARIED / script)
            )
            assert done.returncode == 0, done.stderr
        lines = [
            line for name in ("queries.sql", "trigram_queries.sql") for line in (VARIED / name).read_text().splitlines()
        ]
        compared = compare(version.server, {line: line for line in lines}, database, version.provider)  # type: ignore[arg-type]
        assert len(compared) > 50 and unfaithful(compared) == []
        return
    seed = 2 * random.randrange(10**6)
    print(f"seed {seed}")
    found = mixed.outcomes(version.server, seed, 25, share=0.05, provider=version.provider)  # type: ignore[arg-type]
    differing = [f"{one.role} {one.deviation:+.4f} % {one.statement.text}" for one in found if not one.faithful]
    assert len(found) > 50 and not differing, "\n".join([f"seed {seed}", *differing])


def test_advise(version: Subject, database: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    connection.execute(SHOP.encode())
    (tmp_path / "queries.sql").write_text(
        "SELECT * FROM orders WHERE customer_id = 42 ORDER BY placed DESC LIMIT 10;\n"
    )
    given = ("--snapshot", snapshot(version.server, database, tmp_path / "prod"), "--twin", version.provider)
    report = json.loads(run(advise, tmp_path / "queries.sql", *given, "--format", "json", "-q").stdout)
    [found] = [one for one in report["proposals"] if one["action"] == "create"]
    assert [key["column"] for key in found["keys"]] == ["customer_id", "placed"]
    assert not any("plans may differ" in note for note in report["coverage"]["notes"])


def test_emission(server: Running, database: str, connection: psycopg.Connection, ini: Path) -> None:
    connection.execute(EVENTS.encode())
    written = write_revisions([proposal(one) for one in WANTED], ini, schema=read_schema(connection))
    alembic(ini.parent, "upgrade", "head", url=server.url(database, "postgresql+psycopg"))
    built = read_schema(connection).tables["public", "events"].indexes
    assert {index.name for index in built} == {"events_pkey", "ix_old", *(one.name for one in WANTED)}
    for one in WANTED:
        connection.execute(one.ddl().replace(one.name, f"by_hand_{one.name}"[:60]).encode())
    printed = (
        "SELECT regexp_replace(indexdef, ' INDEX \\S+ ', ' '), count(*) FROM pg_indexes WHERE tablename = 'events'"
    )
    counts = dict(connection.execute(f"{printed} GROUP BY 1").fetchall())
    assert sorted(counts.values()) == [1, 1] + [2] * len(WANTED), counts
    assert lint(alembic(ini.parent, "upgrade", f"{written[0].revision}:head", "--sql")) == []


def test_heal(server: Running, database: str, connection: psycopg.Connection, ini: Path) -> None:
    connection.execute(EVENTS.encode())
    wanted, url = definition("events", "kind"), server.url(database, "postgresql+psycopg")
    write_revisions([proposal(wanted)], ini, schema=read_schema(connection))
    failed = []

    def upgrade() -> None:
        try:
            alembic(ini.parent, "upgrade", "head", url=url)
        except Exception as error:
            failed.append(error)

    with server.connect(database, autocommit=False) as writer:
        writer.execute("UPDATE events SET size = 0 WHERE id = 1")
        build = threading.Thread(target=upgrade)
        build.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'CREATE INDEX CONC'"
        while build.is_alive() and not (found := connection.execute(waiting).fetchone()):
            time.sleep(0.005)
        connection.execute("SELECT pg_terminate_backend(%s)", found)
        build.join()
    assert failed and dict(index_names(connection, "events"))[wanted.name] is False
    upgrade()
    assert len(failed) == 1 and dict(index_names(connection, "events")) == {"ix_old": True, wanted.name: True}


def test_partition(server: Running, database: str, connection: psycopg.Connection, ini: Path) -> None:
    connection.execute(READINGS.encode())
    url = server.url(database, "postgresql+psycopg")
    write_revisions([proposal(definition("readings", "device"))], ini, schema=read_schema(connection))
    alembic(ini.parent, "upgrade", "head", url=url)
    assert [valid for _, valid in index_names(connection, *TREE)] == [True] * len(TREE)
    attached = "SELECT count(*) FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid"
    assert connection.execute(attached).fetchone() == (len(TREE) - 1,)
    alembic(ini.parent, "downgrade", "base", url=url)
    assert index_names(connection, *TREE) == []


def test_offline(server: Running, database: str, connection: psycopg.Connection, ini: Path) -> None:
    connection.execute((EVENTS + READINGS).encode())
    wanted = [*WANTED, definition("readings", "device")]
    write_revisions([proposal(one) for one in wanted], ini, schema=read_schema(connection))
    before = schema_of(server, database)
    for arguments, count in ((("upgrade", "head"), 1 + len(wanted)), (("downgrade", "head:base"), 1)):
        script = alembic(ini.parent, *arguments, "--sql")
        done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=script)
        assert done.returncode == 0, done.stderr
        valid = [valid for _, valid in index_names(connection, "events", "readings")]
        assert valid == [True] * count
    assert schema_of(server, database) == before


def test_verify(version: Subject, database: str, connection: psycopg.Connection, ini: Path, tmp_path: Path) -> None:
    connection.execute((EVENTS + READINGS).encode())
    prod = snapshot(version.server, database, tmp_path / "prod")
    replaced = proposal(definition("events", "size", "at"), "replace", replaces=("ix_old",))
    chosen = [proposal(WANTED[2]), proposal(WANTED[4]), replaced, proposal(definition("readings", "device"))]
    write_revisions(chosen, ini, schema=read_schema(connection))
    done = run(verify, "--alembic", ini, "--snapshot", prod, "--twin", version.provider, "-q")
    assert done.stdout.count("proven\n") == len(chosen) + 1 and f"PostgreSQL {version.major}" in done.stdout, (
        done.stdout
    )


def test_check(version: Subject, database: str, connection: psycopg.Connection, tmp_path: Path) -> None:
    connection.execute(SHOP.encode())
    prod = snapshot(version.server, database, tmp_path / "prod")
    (tmp_path / "queries.sql").write_text(
        "SELECT id FROM orders WHERE total = 7;\nSELECT id FROM orders WHERE id = 7;\n"
    )
    (tmp_path / "good.sql").write_text("CREATE TABLE audits (id int PRIMARY KEY);\n")
    (tmp_path / "bad.sql").write_text("DROP INDEX CONCURRENTLY ix_total;\n")
    given = ("--snapshot", prod, "--twin", version.provider, "--baseline", tmp_path / "plans.json", "-q")
    run(check, *given, tmp_path / "queries.sql", "--update-baseline")
    run(check, *given, "--migrations", tmp_path / "good.sql")
    done = run(check, *given, "--migrations", tmp_path / "bad.sql", status=1)
    assert "ix_total is gone" in done.stdout, done.stdout


def test_downgrade(server: Running, database: str, connection: psycopg.Connection, ini: Path) -> None:
    connection.execute((EVENTS + READINGS).encode())
    before, url = schema_of(server, database), server.url(database, "postgresql+psycopg")
    replaced = proposal(definition("events", "size", "at"), "replace", replaces=("ix_old",))
    chosen = [*(proposal(one) for one in WANTED), replaced, proposal(definition("readings", "device"))]
    write_revisions(chosen, ini, schema=read_schema(connection))
    alembic(ini.parent, "upgrade", "head", url=url)
    assert schema_of(server, database) != before
    alembic(ini.parent, "downgrade", "base", url=url)
    assert sorted(schema_of(server, database)) == sorted(before)
