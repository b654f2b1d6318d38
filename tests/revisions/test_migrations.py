"""The repository's own Alembic environment: a model of a safe one, and a base revision that is exactly the schema."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_alembic.config import Config
from pytest_alembic.tests import (  # noqa: F401 - collected here
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import NullPool, create_engine, make_url

from advisor.revisions.project.judge_environment import check_environment
from advisor.verify.discover_changes import index_revisions
from advisor.verify.prove import prove
from advisor.verify.running.scratch import scratch_database
from advisor.verify.running.upgrade import History, Upgraded, upgrade
from tests.revisions.builders import alembic

ROOT = Path(__file__).parent.parent.parent
INI = ROOT / "migrations" / "alembic.ini"
SYSTEMS = sorted(path.parent.name for path in (ROOT / "migrations").glob("*/versions"))


@pytest.fixture
def alembic_config():
    return Config(config_options={"file": str(INI)})


@pytest.fixture
def alembic_engine(server, database):
    return create_engine(make_url(server.url(database, "postgresql+psycopg")), poolclass=NullPool)


def schema_of(server, database):
    dumped = server.run("pg_dump", "--schema-only", "--no-owner", "-T", "alembic_version", "-d", database)
    assert dumped.returncode == 0, dumped.stderr
    return [line for line in dumped.stdout.splitlines() if line and not line.startswith(("\\", "--"))]


def test_the_environment_has_nothing_to_find():
    assert check_environment(INI.parent / "env.py") == ()


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_base_revision_is_exactly_the_schema_file(system, server, database, connection):
    history = History.open(INI, system)
    history.upgrade(server.url(database), history.scripts.get_bases()[0])
    schema = ROOT / "sql" / "systems" / system / "schema.sql"
    with scratch_database(server.url(database), None) as scratch:
        loaded = server.run("psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", scratch.url, "-f", str(schema))
        assert loaded.returncode == 0, loaded.stderr
        assert schema_of(server, database) == schema_of(server, scratch.url)


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_has_its_own_section(system, server, database):
    url = server.url(database)
    alembic(INI.parent, "-n", system, "upgrade", "head", url=url)
    assert History.open(INI, system).current(url) == tuple(History.open(INI, system).scripts.get_heads())


def test_the_url_comes_from_the_environment(server, database, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", server.url(database))
    alembic(INI.parent, "upgrade", "head")
    assert History.open(INI).current(server.url(database)) == tuple(History.open(INI).scripts.get_heads())


def test_without_a_url_it_says_what_to_set(monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit):
        alembic(INI.parent, "upgrade", "head")
    assert "DATABASE_URL" in capsys.readouterr().out


def test_offline_sql_needs_no_database(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert "CREATE TABLE users" in alembic(INI.parent, "upgrade", "head", "--sql")


def test_upgrade_reports_what_it_applied_and_is_idempotent(server, database):
    url = server.url(database)
    applied = upgrade(INI, url).applied
    assert applied[-1] in History.open(INI).scripts.get_heads()
    assert upgrade(INI, url) == Upgraded((), ())


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_the_advisor_wrote_for_a_system_is_proven(system, server):
    history = History.open(INI, system)
    start = tuple(history.scripts.get_bases())
    schema = (ROOT / "sql" / "systems" / system / "schema.sql").read_text()
    found = index_revisions(history, server.url(), schema, start)
    assert len(found.revisions) == len(list((INI.parent / system / "advised").glob("*.py"))) and found.notes == ()
    proof = prove(found.revisions, url=server.url(), history=history, schema_sql=schema, start=start)
    assert [(one.index, step) for one in proof.revisions for step in one.steps if not step.passed] == []
