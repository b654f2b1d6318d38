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
from advisor.cli.advise_command import command as advise
from advisor.twin.servers.server import Server

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


PATHS = """
CREATE SCHEMA tracking; CREATE SCHEMA core; CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b;
CREATE TABLE tracking.events (id int PRIMARY KEY, device int, at timestamptz, body text);
INSERT INTO tracking.events SELECT i, i % 2000, '2026-01-01'::timestamptz + i * interval '1 s', repeat('b', 50)
  FROM generate_series(1, 30000) i;
CREATE TABLE tenant_a.bills (id int PRIMARY KEY, payer int, due date, body text);
INSERT INTO tenant_a.bills SELECT i, i % 1500, '2026-01-01'::date + i % 900, repeat('b', 50) FROM generate_series(1, 30000) i;
CREATE TABLE tenant_b.bills (LIKE tenant_a.bills INCLUDING ALL);
INSERT INTO tenant_b.bills SELECT * FROM tenant_a.bills WHERE id < 20000;
CREATE INDEX bills_payer ON tenant_b.bills (payer);
"""


def lines(sessions: list[tuple[str, list[str]]]) -> str:
    """Return a log of the sessions, one after the other."""
    found, clock = [], 0
    for number, (user, statements) in enumerate(sessions):
        for text in statements:
            clock += 1
            stamp = f"2026-11-03 10:{clock // 60 % 60:02}:{clock % 60:02}.000 UTC"
            found.append(f"{stamp} [{number + 100}] {user}@shop/web LOG:  duration: 20.000 ms  statement: {text}")
    return "\n".join(found) + "\n"


def test_names_mean_what_they_mean_to_the_role_and_in_the_session(
    server: Server, database: str, connection: psycopg.Connection, tmp_path: Path
) -> None:
    for role in ("path_app", "path_pool", "path_audit"):
        connection.execute(f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN".encode())
    connection.execute(PATHS)
    connection.execute("VACUUM ANALYZE")
    connection.execute("ALTER ROLE path_app SET search_path = tracking, core")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    of_role = ["SELECT * FROM events WHERE device = 7"] * 20
    of_tenant = ["SELECT * FROM bills WHERE payer = 11"] * 20
    sessions = [
        ("path_app", of_role),
        ("path_pool", ["SET search_path TO tenant_a", *of_tenant, "SET search_path TO tenant_b", *of_tenant[:10]]),
        (
            "path_pool",
            ["SET ROLE path_audit", "SELECT count(*) FROM tracking.events", "RESET ROLE", "SELECT 1 FROM bills"],
        ),
    ]
    (tmp_path / "postgresql.log").write_text(lines(sessions))
    report = run(tmp_path)
    created = {(one["schema"], one["table"], *one["columns"]) for one in report["proposals"] if one["action"] != "drop"}
    assert created == {("tracking", "events", "device"), ("tenant_a", "bills", "payer")}, report["proposals"]
    bills = {one["id"].partition(".")[2]: one["calls"] for one in report["queries"] if "payer" in one["text"]}
    assert bills == {"tenant_a": pytest.approx(20.0), "tenant_b": pytest.approx(10.0)}
    (counted,) = [one for one in report["queries"] if "count" in one["text"]]
    assert [one["role"] for one in counted["planned_as"]] == ["path_audit"]
    unknown = report["coverage"]["not_analysed"].values()
    assert list(unknown) == ['relation "bills" is not in the snapshot; there is one in tenant_a, tenant_b']
    connection.execute("DROP OWNED BY path_app; DROP ROLE path_app; DROP ROLE path_pool; DROP ROLE path_audit")
