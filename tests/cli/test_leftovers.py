"""An index that a cut-off concurrent build left behind is found from a snapshot, though pg_dump leaves it out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.snapshot import load_snapshot, save_snapshot, take_snapshot
from advisor.twin.servers.server import Server
from advisor.twin.start import start_twin


@pytest.fixture
def snapshot(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    connection.execute("CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL)")
    connection.execute("INSERT INTO orders SELECT i, i % 7 FROM generate_series(1, 20000) i")
    with server.connect(database, autocommit=False) as writer:
        writer.execute("UPDATE orders SET customer_id = 0 WHERE id = 1")
        connection.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id)")
        writer.rollback()
    connection.execute("VACUUM ANALYZE orders")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    return tmp_path / "prod"


def test_the_twin_holds_it_as_invalid(snapshot: Path) -> None:
    loaded = load_snapshot(snapshot)
    assert "orders_customer" not in loaded.schema_sql
    with start_twin(loaded) as twin:
        [left] = [index for index in twin.schema.tables["public", "orders"].indexes if index.name == "orders_customer"]
        assert not left.valid
        assert [key.column for key in left.definition.keys] == ["customer_id"]


def test_its_drop_is_proposed_written_and_proven(snapshot: Path) -> None:
    folder = snapshot.parent
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text("")
    (folder / "migrations" / "script.py.mako").write_text(
        (Path(__file__).parent.parent.parent / "migrations" / "script.py.mako").read_text()
    )
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (folder / "statements.sql").write_text("SELECT * FROM orders WHERE id = 1;")
    program = "from advisor.cli.main import main; main()"
    given = ["--isolated", "advise", "statements.sql", "--snapshot", "prod", "--write", "--verify", "--format", "json"]
    done = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, cwd=folder)
    report = json.loads(done.stdout)
    [proposal] = [one for one in report["proposals"] if one["name"] == "orders_customer"]
    assert proposal["action"] == "drop"
    assert "invalid" in proposal["reason"]
    [proof] = [one for one in report["proof"]["revisions"] if one["index"] == "orders_customer"]
    assert proof["passed"], proof
    assert any(finding["name"] == "invalid-index" for finding in report["findings"])
