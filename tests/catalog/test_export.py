"""What psql writes with sql/export is the same snapshot that `advisor snapshot` takes."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.catalog.live.export_queries import export_folder
from advisor.catalog.live.introspect import read_statistics
from advisor.catalog.snapshot import Snapshot, load_snapshot, take_snapshot
from advisor.twin.servers.server import Server, embedded_binaries
from tests.catalog.conftest import load_shop


def export(running: Server, database: str, folder: Path, user: str = "postgres") -> str:
    """Run the export with psql alone in a folder, return what it said on stderr."""
    environment = {
        **os.environ,
        "PATH": f"{embedded_binaries()}:{os.environ['PATH']}",
        "PGHOST": str(running.folder),
        "PGUSER": user,
        "PGDATABASE": database,
    }
    command = ["psql", "-X", "-q", "-f", str(export_folder() / "snapshot.sql")]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert not done.stdout
    return done.stderr


@pytest.fixture(scope="module")
def exported(shop: Server) -> str:
    load_shop(shop, "exported")
    with shop.connect("exported") as connection:
        connection.execute("CREATE SCHEMA app; CREATE TABLE app.alembic_version AS SELECT 'cafe'::text AS version_num")
        connection.execute("ALTER DATABASE exported SET work_mem = '9MB'")
        for name in ("pageinspect", "pg_stat_statements"):
            if connection.execute("SELECT FROM pg_available_extensions WHERE name = %s", (name,)).fetchone():
                connection.execute(f"CREATE EXTENSION {name}".encode())
        connection.execute("SELECT count(*) FROM crm.customers WHERE score > 12.5")
        connection.execute("SELECT FROM crm.customers WHERE id = 7")
    with shop.connect("exported") as connection:  # counters of a session are visible once it ended
        connection.execute("SELECT pg_stat_clear_snapshot()")
    return "exported"


def comparable(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot without what changes from one minute to the next, or says how it was taken."""
    statistics = replace(snapshot.statistics, captured=None, activity={}, index_activity={})
    return replace(snapshot, statistics=statistics, captured=None, statements=None, notes=())


def test_psql_and_the_command_give_the_twin_the_same(shop: Server, exported: str, tmp_path: Path) -> None:
    said = export(shop, exported, tmp_path)
    by_psql, by_command = load_snapshot(tmp_path), take_snapshot(shop.url(exported))
    assert comparable(by_psql) == comparable(by_command)
    assert by_psql.statistics.activity.keys() == by_command.statistics.activity.keys()
    assert by_psql.statistics.index_activity.keys() == by_command.statistics.index_activity.keys()
    assert by_psql.alembic_version == ("cafe",) and by_psql.settings["work_mem"] == "9MB"
    assert (by_psql.statements is None) == (by_command.statements is None) == ("no statements exported" in said)
    for statements in filter(None, (by_psql.statements, by_command.statements)):
        assert statements.startswith("captured_at,") and "WHERE score > $1" in statements


def test_metapages_are_the_same_with_pageinspect_and_from_the_files(shop: Server, exported: str) -> None:
    with shop.connect(exported) as connection:
        connection.execute("CHECKPOINT")
    snapshot = take_snapshot(shop.url(exported))
    relations = snapshot.statistics.relations
    gin, brin = relations["crm", "customers_profile"].gin, relations["crm", "customers_seen"].brin_revmap_pages
    assert gin and gin[1] > 1 and brin is not None
    with shop.connect(exported) as connection:
        connection.execute("DROP EXTENSION IF EXISTS pageinspect")
        from_files = read_statistics(connection).relations
        assert from_files == relations
        if connection.execute("SELECT FROM pg_available_extensions WHERE name = 'pageinspect'").fetchone():
            connection.execute("CREATE EXTENSION pageinspect")


def test_an_export_cut_short_by_a_refusal_is_named_when_it_is_read(shop: Server, exported: str, tmp_path: Path) -> None:
    with shop.connect(exported) as connection:
        connection.execute("DROP ROLE IF EXISTS nobody_here; CREATE ROLE nobody_here LOGIN")
    said = export(shop, exported, tmp_path, user="nobody_here")
    assert "permission denied" in said
    with pytest.raises(Exception, match="schema dump ends too early"):
        load_snapshot(tmp_path)
