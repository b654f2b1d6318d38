"""`advisor check` in a pipeline: passes on accepted plans, stops a merge that would lose one, and says why."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.twin.servers.server import Server

TABLES = """
CREATE TABLE customers (id int PRIMARY KEY, name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, placed timestamptz NOT NULL, total numeric);
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 2000) i;
INSERT INTO orders SELECT i, i % 2000 + 1, '2026-01-01'::timestamptz + i * interval '1 minute', i % 97
FROM generate_series(1, 60000) i;
CREATE INDEX orders_customer_placed ON orders (customer_id, placed);
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('r0001');
"""
STATEMENTS = """
SELECT * FROM orders WHERE customer_id = 17 ORDER BY placed DESC LIMIT 5;
SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.id IN (3, 5, 8);
"""
REVISION = '''"""{message}"""
from alembic import op
revision = "{revision}"
down_revision = {down!r}
branch_labels = depends_on = None


def upgrade():
    {body}


def downgrade():
    pass
'''


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = "from advisor.cli.main import main; main()"
    given = ["--isolated", "check", *arguments, "--snapshot", "prod", "--baseline", "plans.json"]
    return subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, cwd=folder)


def write_revision(folder: Path, revision: str, down: str | None, body: str) -> None:
    text = REVISION.format(message=revision, revision=revision, down=down, body=body)
    (folder / "migrations" / "versions" / f"{revision}.py").write_text(text)


@pytest.fixture
def project(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    """A checkout with a snapshot of production, an Alembic environment at production's revision, accepted plans."""
    connection.execute(TABLES)
    connection.execute("VACUUM ANALYZE")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text("raise SystemExit('the env.py of a team must never run')\n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    write_revision(tmp_path, "r0001", None, "pass")
    (tmp_path / "statements.sql").write_text(STATEMENTS)
    accepted = check(tmp_path, "statements.sql", "--update-baseline")
    assert accepted.returncode == 0, accepted.stderr
    return tmp_path


def test_accepted_plans_pass_and_the_baseline_is_the_same_byte_for_byte(project: Path) -> None:
    first = (project / "plans.json").read_bytes()
    passed = check(project, "--alembic", "alembic.ini")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert passed.stdout.splitlines()[-1] == "passed: 2 queries checked, 0 failed, 0 warned"
    assert check(project, "statements.sql", "--update-baseline").returncode == 0
    assert (project / "plans.json").read_bytes() == first


def test_a_pending_revision_that_drops_an_index_stops_the_merge_with_query_and_index_named(project: Path) -> None:
    write_revision(project, "r0002", "r0001", 'op.drop_index("orders_customer_placed", table_name="orders")')
    failed = check(project, "--alembic", "alembic.ini")
    assert failed.returncode == 1
    assert "error PLN001 index-lost" in failed.stdout
    assert "index orders_customer_placed is gone" in failed.stdout
    assert "WHERE customer_id = " in failed.stdout
    assert "CREATE INDEX orders_customer_placed ON public.orders" in failed.stdout
    assert check(project, "--alembic", "alembic.ini", "--fail-level", "never").returncode == 0


def test_a_pending_revision_that_drops_a_column_leaves_a_query_that_cannot_be_planned(project: Path) -> None:
    write_revision(project, "r0002", "r0001", 'op.drop_column("orders", "placed")')
    failed = check(project, "--alembic", "alembic.ini")
    assert failed.returncode == 1
    assert "error PLN008 not-plannable" in failed.stdout
    assert 'column "placed" does not exist' in failed.stdout


def test_a_pending_revision_that_adds_a_better_index_passes_and_says_so(project: Path) -> None:
    body = 'op.create_index("orders_customer_total", "orders", ["customer_id"], postgresql_include=["total"])'
    write_revision(project, "r0002", "r0001", body)
    passed = check(project, "--alembic", "alembic.ini")
    assert passed.returncode == 0, passed.stdout
    assert "FAIL" not in passed.stdout


def test_queries_without_a_baseline_are_named(project: Path) -> None:
    (project / "more.sql").write_text(STATEMENTS + "SELECT count(*) FROM customers WHERE name = 'x';")
    passed = check(project, "more.sql")
    assert passed.returncode == 0
    assert "1 new without a baseline" in passed.stdout


def test_a_baseline_of_another_major_version_is_refused(project: Path) -> None:
    document = json.loads((project / "plans.json").read_text())
    (project / "plans.json").write_text(json.dumps({**document, "server_major": 15}))
    refused = check(project)
    assert refused.returncode == 2
    assert "accepted on PostgreSQL 15, the twin is 18" in refused.stderr


def test_a_redacted_baseline_holds_no_value_keeps_every_query_and_still_stops_a_lost_index(project: Path) -> None:
    (project / "more.sql").write_text(
        STATEMENTS + "SELECT * FROM orders WHERE placed > now() - interval '17 days' AND total = 4711;\n"
        "SELECT extract(year FROM placed), count(*) FROM orders WHERE placed::date = date '2026-01-17' GROUP BY 1 ORDER BY 2;\n"
        "SELECT name FROM customers WHERE name LIKE 'canary%' OR name IN ('canary one', 'x') LIMIT 17 OFFSET 23;\n"
    )
    (project / "plans.json").unlink()
    written = check(project, "more.sql", "--update-baseline", "--redact")
    assert written.returncode == 0 and "redacted" in written.stderr, written.stderr
    text = (project / "plans.json").read_text()
    assert not [
        value for value in ("canary", "4711", "17", "23", "2026-01") if value in json.dumps(statements_in(text))
    ]
    assert len(json.loads(text)["queries"]) == 5
    assert check(project).returncode == 0
    write_revision(project, "r0002", "r0001", "op.drop_index('orders_customer_placed', 'orders')")
    stopped = check(project, "--alembic", "alembic.ini")
    assert stopped.returncode == 1 and "PLN001" in stopped.stdout, stopped.stdout + stopped.stderr


def statements_in(text: str) -> list[str]:
    """Return all texts and values of statements in a baseline, and the shapes of their plans."""
    queries = json.loads(text)["queries"].values()
    plans = [plan for query in queries for plan in query["plans"]]
    shown = [line for plan in plans for line in plan["shape"]]
    return [*(query["text"] for query in queries), *(json.dumps(plan["statement"]) for plan in plans), *shown]


def test_several_formats_come_of_one_run_and_the_exit_status_is_theirs(project: Path) -> None:
    write_revision(project, "r0002", "r0001", 'op.drop_index("orders_customer_placed", table_name="orders")')
    formats = ["--format", "text"]
    for form, file in (("sarif", "o.sarif"), ("junit", "o.xml"), ("gitlab", "o.json"), ("markdown", "o.md")):
        formats += ["--format", f"{form}={file}"]
    failed = check(project, "--alembic", "alembic.ini", *formats)
    assert failed.returncode == 1, failed.stderr
    assert failed.stderr.count("pending revisions to the twin") == 1  # one twin for all of them
    assert failed.stdout.splitlines()[-1].startswith("FAILED: 2 queries checked, ")
    (run,) = json.loads((project / "o.sarif").read_bytes())["runs"]
    where = run["results"][0]["locations"][0]["physicalLocation"]
    assert where == {"artifactLocation": {"uri": "migrations/versions/r0002.py"}, "region": {"startLine": 9}}
    assert json.loads((project / "o.json").read_bytes())[0]["location"]["path"] == "migrations/versions/r0002.py"
    assert 'tests="4" failures="2"' in (project / "o.xml").read_text()
    assert (project / "o.md").read_text().startswith("<!-- advisor check -->\n\n**FAILED: 2 queries checked")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--format", "yaml"], "unknown format 'yaml'"),
        (["--format", "text", "--format", "json"], "two formats for one place"),
        (["--format", "json=a", "--format", "sarif=./a"], "two formats for one place"),
        (["--format", "sarif=nowhere/a"], "nowhere/a: cannot be written"),
        (["--format", "sarif="], "names no file"),
    ],
)
def test_formats_that_cannot_be_are_refused_before_any_work(tmp_path: Path, given: list[str], said: str) -> None:
    refused = check(tmp_path, *given)
    assert refused.returncode == 2 and said in refused.stderr
