"""Advice for the role that asks: the index it can use, under its policies and its path, as fast there as promised."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.cli.advise import command as advise
from advisor.twin.server import Server

ROWS = int(os.environ.get("ADVISOR_TEST_ROWS", "60000"))


@dataclass(frozen=True)
class Case:
    """A table behind a policy, a statement of a role, and what its index must begin with."""

    name: str
    setup: str
    statement: str
    keys: tuple[str, ...]
    uid: str


CASES = (
    Case(
        "notes of a user, wrapped",
        "CREATE TABLE items (id int PRIMARY KEY, user_id uuid NOT NULL, created_at timestamptz NOT NULL, title text);"
        "INSERT INTO items SELECT i, ('00000000-0000-4000-8000-' || lpad((i % 900)::text, 12, '0'))::uuid,"
        " '2026-01-01'::timestamptz + i * interval '1 minute', repeat('x', 60) FROM generate_series(1, {rows}) i;"
        "CREATE POLICY own ON items USING (user_id = (SELECT current_setting('app.uid')::uuid));",
        "SELECT * FROM items ORDER BY created_at DESC LIMIT 20",
        ("user_id", "created_at DESC"),
        "00000000-0000-4000-8000-000000000017",
    ),
    Case(
        "bills of a tenant, not wrapped, evaluated when planned",
        "CREATE TABLE items (id int PRIMARY KEY, tenant bigint NOT NULL, due date NOT NULL, total numeric);"
        "INSERT INTO items SELECT i, i % 400, '2026-01-01'::date + i % 700, i FROM generate_series(1, {rows}) i;"
        "CREATE POLICY tenant ON items TO staff USING (tenant = current_setting('app.uid')::bigint);",
        "SELECT id, total FROM items WHERE due > '2027-11-01' ORDER BY due LIMIT 10",
        ("tenant", "due"),
        "33",
    ),
    Case(
        "by a function, with a condition that is not leakproof",
        "CREATE TYPE mood AS ENUM ('calm', 'busy', 'cross');"
        "CREATE FUNCTION me() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('app.uid') $$;"
        "CREATE TABLE items (id int PRIMARY KEY, owner text NOT NULL, mood mood NOT NULL, at timestamp NOT NULL, body text);"
        "INSERT INTO items SELECT i, 'user ' || i % 600, (ARRAY['calm','calm','busy','cross']::mood[])[1 + i / 7 % 4],"
        " '2026-01-01'::timestamp + i * interval '1 minute', repeat('y', 80) FROM generate_series(1, {rows}) i;"
        "CREATE POLICY own ON items USING (owner = me());",
        "SELECT * FROM items WHERE mood = 'calm' ORDER BY at DESC LIMIT 5",
        ("owner", "at DESC"),
        "user 31",
    ),
)


def quoted(role: str, settings: str, statement: str, count: int) -> str:
    lines, at = [], 0
    for number in range(count):
        for text in ("BEGIN", settings, statement, "COMMIT"):
            at += 1
            stamp = f"2026-11-03 10:{at // 60 % 60:02}:{at % 60:02}.{number:03} UTC"
            lines.append(f"{stamp} [{number + 100}] {role}@shop/web LOG:  duration: 20.000 ms  statement: {text}")
    return "\n".join(lines) + "\n"


def run(folder: Path, *arguments: str) -> dict[str, Any]:
    given = [str(folder / "postgresql.log"), "--snapshot", str(folder / "prod"), "--format", "json", "-q", *arguments]
    result = CliRunner().invoke(advise, ["--database", "shop", *given])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def really(server: Server, database: str, role: str, uid: str, statement: str) -> tuple[float, dict[str, Any]]:
    """Run a statement as the role on the loaded server; return the median milliseconds and the last plan."""
    session = psycopg.conninfo.make_conninfo(server.conninfo(database), user=role)
    times = []
    with psycopg.connect(session) as connection:
        connection.execute("SELECT set_config('app.uid', %s, false)", (uid,))
        for _ in range(5):
            row = connection.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode()).fetchone()
            assert row
            times.append(row[0][0]["Execution Time"])
    return median(times), row[0][0]["Plan"]


def blocks(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_index_serves_the_role_behind_its_policy(
    case: Case, server: Server, database: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    connection.execute("DROP ROLE IF EXISTS web_user; DROP ROLE IF EXISTS staff; CREATE ROLE staff")
    connection.execute("CREATE ROLE web_user LOGIN IN ROLE staff")
    connection.execute(case.setup.replace("{rows}", str(ROWS)).encode())
    connection.execute("ALTER TABLE items ENABLE ROW LEVEL SECURITY; GRANT ALL ON items TO PUBLIC")
    connection.execute("VACUUM ANALYZE items")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    log = quoted("web_user", f"SET LOCAL app.uid = '{case.uid}'", case.statement, 30)
    (tmp_path / "postgresql.log").write_text(log)
    report = run(tmp_path)
    created = [one for one in report["proposals"] if one["action"] != "drop"]
    assert [tuple(one["columns"]) for one in created] == [case.keys], report
    (query,) = [one for one in report["queries"] if one["text"].startswith("SELECT")]
    assert query["planned_as"] == [{"role": "web_user", "share": 1.0, "known": True}]
    before, slow = really(server, database, "web_user", case.uid, case.statement)
    connection.execute(created[0]["ddl"].replace(" CONCURRENTLY", "").encode())
    connection.execute("ANALYZE items")
    after, fast = really(server, database, "web_user", case.uid, case.statement)
    promised = created[0]["benefit"]["cost_before"] / created[0]["benefit"]["cost_after"]
    print(f"{case.name}: {before:.2f} -> {after:.2f} ms, {before / after:.0f} times, promised {promised:.0f} times")
    assert created[0]["name"] in json.dumps(fast)
    assert blocks(slow) > 5 * blocks(fast)
    connection.execute("DROP OWNED BY web_user; DROP OWNED BY staff")
