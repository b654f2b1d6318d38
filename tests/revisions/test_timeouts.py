"""A team's own timeouts hold after every revision of ours: done, failed, undone, or run as SQL."""

from __future__ import annotations

import contextlib
import json

import pytest
import sqlalchemy as sa

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.live.introspect import read_schema
from advisor.revisions.plain_sql import plain_sql_script
from advisor.revisions.write import write_revisions
from advisor.rules.finding import Finding
from tests.revisions.builders import alembic, definition, environment, proposal

GIVEN = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date, note text);
INSERT INTO events VALUES (1, 'a'), (2, 'a');
CREATE INDEX ix_old ON events (at);
CREATE TABLE readings (device bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE readings_1 PARTITION OF readings DEFAULT;
CREATE INDEX ix_readings_at ON readings (at);
"""
ENV = """
import json
from alembic import context
from sqlalchemy import create_engine

SHOW = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
given = context.get_x_argument(as_dictionary=True)
if context.is_offline_mode():
    context.configure(dialect_name="postgresql", transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(given["url"]).connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '4s'")
        connection.exec_driver_sql("SET statement_timeout = '7min'")
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=given["each"] == "1")
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            with open(given["out"], "w") as file:
                json.dump(list(connection.exec_driver_sql(SHOW).one()), file)
"""
OURS = ["4s", "7min"]
STATISTICS = ExtendedStatistics.on("public", "events", ["kind", "note"], ["dependencies"])
FINDING = Finding("f1", "STA002", "correlated-columns", "x", "high", statistics=STATISTICS)
CHANGES = {
    "create": ([proposal(definition("events", "kind"))], ()),
    "replace": ([proposal(definition("events", "at", "id"), "replace", replaces=("ix_old",))], ()),
    "extension": (
        [proposal(definition("events", "kind", method="gin"), requires=("btree_gin",))],
        (),
    ),
    "partitioned": ([proposal(definition("readings", "device"))], ()),
    "drop partitioned": ([proposal(definition("readings", "at"), "drop", name="ix_readings_at")], ()),
    "statistics": ([], (FINDING,)),
    "fails": ([proposal(definition("events", "kind", unique=True))], ()),
    "fails partitioned": ([proposal(definition("readings", "device", unique=True))], ()),
}


@pytest.fixture
def folder(connection, tmp_path):
    connection.execute(GIVEN)
    environment(tmp_path)
    (tmp_path / "migrations" / "env.py").write_text(ENV)
    return tmp_path


@pytest.mark.parametrize("each", ["0", "1"], ids=["one transaction", "a transaction each"])
@pytest.mark.parametrize("change", CHANGES)
def test_they_are_put_back(change, each, folder, connection, server, database):
    proposals, findings = CHANGES[change]
    write_revisions(proposals, folder / "alembic.ini", schema=read_schema(connection), findings=findings)
    out, url = folder / "settings.json", server.url(database, "postgresql+psycopg")
    for command in (["upgrade", "head"], ["downgrade", "base"]):
        failure = pytest.raises(sa.exc.DBAPIError) if "fails" in change and command[0] == "upgrade" else None
        with failure or contextlib.nullcontext():
            alembic(folder, "-x", f"each={each}", "-x", f"out={out}", "-x", f"url={url}", *command)
        assert json.loads(out.read_text()) == OURS, command


@pytest.mark.parametrize("change", [change for change in CHANGES if "fails" not in change])
def test_they_are_put_back_by_offline_and_plain_sql(change, folder, connection, server, database):
    proposals, findings = CHANGES[change]
    schema = read_schema(connection)
    written = write_revisions(proposals, folder / "alembic.ini", schema=schema, findings=findings)
    plain = plain_sql_script(proposals, schema, findings)
    offline = [alembic(folder, "-x", "each=1", "upgrade", "head", "--sql")]
    offline.append(alembic(folder, "-x", "each=1", "downgrade", f"{written[-1].revision}:base", "--sql"))
    for script in [*offline, plain]:
        around = f"SET lock_timeout = '4s'; SET statement_timeout = '7min';\n{script}\nSHOW lock_timeout; SHOW statement_timeout"
        done = server.run("psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-d", database, stdin=around)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split()[-2:] == OURS, script
