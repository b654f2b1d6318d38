"""The gate goes by what an index is, what a driver binds, what a plan may cost at worst and what EXPLAIN leaves out: tried
with the whole command on a small shop.
"""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.errors import UsageError
from advisor.twin.servers.server import Server

SHOP = """
CREATE TABLE customers (id int PRIMARY KEY, code int NOT NULL);
INSERT INTO customers SELECT n, n FROM generate_series(1, 4000) n;
CREATE INDEX ix_code ON customers (code);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, status text, at timestamptz NOT NULL);
INSERT INTO orders SELECT n, n % 4000 + 1, CASE WHEN n % 1000 = 0 THEN 'odd' ELSE 'done' END,
    '2026-01-01'::timestamptz + n * interval '1 minute' FROM generate_series(1, 60000) n;
CREATE INDEX ix_customer ON orders (customer_id, at);
CREATE INDEX ix_status ON orders (status);
"""
LOG = """2026-11-30 10:00:00.000 UTC [77] app@tests LOG:  duration: 0.5 ms  execute <unnamed>: {text}
2026-11-30 10:00:00.000 UTC [77] app@tests DETAIL:  Parameters: $1 = '{value}'
"""
QUERIES = {
    "SELECT id FROM customers WHERE code = $1": ("77",),
    "SELECT id FROM orders WHERE customer_id = $1 ORDER BY at LIMIT 10": ("5",),
    "SELECT id FROM orders WHERE status = $1": ("done", "odd"),
    "DELETE FROM customers WHERE id = $1": ("-5",),
}
REVISION = """from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    op.execute({body!r})
"""


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snapshot of a small shop and a baseline that a log of another database's name was accepted for."""
    folder = tmp_path_factory.mktemp("shop")
    with server.connect() as admin:
        admin.execute("CREATE DATABASE gate_shop")
    with server.connect("gate_shop") as connection:
        connection.execute(SHOP)
        connection.execute("VACUUM ANALYZE")
    save_snapshot(take_snapshot(server.url("gate_shop")), folder / "prod")
    with server.connect() as admin:
        admin.execute("DROP DATABASE gate_shop WITH (FORCE)")
    (folder / "app.log").write_text(
        "".join(LOG.format(text=text, value=one) for text, values in QUERIES.items() for one in values)
    )
    done = run(folder, folder / "app.log", "--update-baseline")
    assert done.exit_code == 0, done.output
    return folder


def run(folder: Path, *arguments: object, baseline: str = "plans.json", prod: str = "prod") -> Result:
    given = [*arguments, "--snapshot", folder / prod, "--baseline", folder / baseline]
    return CliRunner().invoke(command, [str(one) for one in given])


def after(folder: Path, checkout: Path, body: str, *inputs: Path) -> Result:
    """Check with one pending revision."""
    (checkout / "migrations" / "versions").mkdir(parents=True)
    (checkout / "migrations" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    (checkout / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (checkout / "migrations" / "versions" / "r.py").write_text(REVISION.format(body=body))
    return run(folder, *inputs, "--alembic", checkout / "alembic.ini")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "DROP INDEX ix_customer, ix_code, ix_status; CREATE INDEX ix_customer ON orders (at, customer_id);"
            "CREATE INDEX ix_code ON customers (abs(code))",
            ("index ix_customer is another one now", "index ix_code is another one now", "index ix_status is gone"),
        ),
        (
            "ALTER TABLE customers ALTER code TYPE text USING code; DROP INDEX ix_customer;"
            "ALTER TABLE orders ADD payer_id int REFERENCES customers; CREATE INDEX ix_at ON orders (at)",
            (
                "operator does not exist: text = integer",
                "index ix_customer is gone",
                "no index serves the foreign key orders(customer_id)",
                "no index serves the foreign key orders(payer_id)",
            ),
        ),
        ("ALTER TABLE customers DROP code", ('column "code" does not exist',)),
    ],
)
def test_what_costs_production_fails_and_names_the_cause(
    shop: Path, tmp_path: Path, body: str, said: tuple[str, ...]
) -> None:
    done = after(shop, tmp_path, body)
    assert done.exit_code == 1
    assert [one for one in said if one not in done.stdout] == [], done.stdout


def test_what_costs_nothing_passes(shop: Path, tmp_path: Path) -> None:
    body = (
        "ALTER INDEX ix_code RENAME TO ix_customers_code; ALTER TABLE customers ALTER code TYPE bigint;"
        "DROP INDEX ix_status; CREATE INDEX ix_status ON orders (status);"
        "DROP INDEX ix_customer; CREATE INDEX ix_other ON orders (customer_id, at, id);"
        "ALTER TABLE orders ADD payer_id int REFERENCES customers; CREATE INDEX ON orders (payer_id)"
    )
    done = after(shop, tmp_path, body)
    assert done.exit_code == 0 and "passed: 4 queries checked, 0 failed" in done.stdout, done.output


def test_a_setting_that_is_to_blame_is_named(shop: Path) -> None:
    (shop / "other").mkdir()
    for path in (shop / "prod").iterdir():
        (shop / "other" / path.name).write_bytes(path.read_bytes())
    settings = json.loads((shop / "prod" / "settings.json").read_text())
    (shop / "other" / "settings.json").write_text(json.dumps({**settings, "random_page_cost": "400", "geqo": "off"}))
    done = run(shop, prod="other")
    assert done.exit_code == 1 and "a setting changed: random_page_cost was 4, is 400; another plan" in done.stdout
    assert "geqo" not in done.stdout


def test_accepting_one_log_leaves_the_rest_as_it_is(shop: Path, tmp_path: Path) -> None:
    before = json.loads((shop / "plans.json").read_text())["queries"]
    (shop / "mine.json").write_bytes((shop / "plans.json").read_bytes())
    (tmp_path / "one.sql").write_text("SELECT at FROM orders WHERE id = 9;\nSELECT id FROM customers WHERE code = 8;\n")
    assert run(shop, tmp_path / "one.sql", "--update-baseline", baseline="mine.json").exit_code == 0
    merged = json.loads((shop / "mine.json").read_text())["queries"]
    assert before.keys() < merged.keys() and len(merged) == 5
    known = next(key for key, query in before.items() if "code" in query["text"])
    assert {one["statement"]["text"] for one in merged[known]["plans"]} >= {"SELECT id FROM customers WHERE code = $1"}
    assert run(shop, tmp_path / "one.sql", "--update-baseline", "--prune", baseline="mine.json").exit_code == 0
    assert len(json.loads((shop / "mine.json").read_text())["queries"]) == 2


def test_only_the_named_query_is_accepted_and_why_is_written_down(shop: Path, tmp_path: Path) -> None:
    (shop / "mine.json").write_bytes((shop / "plans.json").read_bytes())
    before = json.loads((shop / "plans.json").read_text())["queries"]
    wanted = sorted(before)[0]
    done = run(shop, "--accept", wanted[:10], "--reason", "as agreed", baseline="mine.json")
    assert done.exit_code == 0, done.output
    now = json.loads((shop / "mine.json").read_text())["queries"]
    assert now[wanted]["reason"] == "as agreed"
    assert {key: query for key, query in now.items() if key != wanted} == {
        key: query for key, query in before.items() if key != wanted
    }


def test_a_check_without_a_query_is_no_pass(shop: Path, tmp_path: Path) -> None:
    document = json.loads((shop / "plans.json").read_text())
    (shop / "empty.json").write_text(json.dumps({**document, "queries": {}}))
    assert isinstance(run(shop, baseline="empty.json").exception, UsageError)
    (tmp_path / "none.sql").write_text("SELECT 1;\n")
    refused = run(shop, tmp_path / "none.sql", "--update-baseline", baseline="never.json")
    assert isinstance(refused.exception, UsageError) and not (shop / "never.json").exists()


def test_a_limit_that_hopes_is_no_better_plan(
    connection: psycopg.Connection, server: Server, database: str, tmp_path: Path
) -> None:
    connection.execute("CREATE TABLE events (id int PRIMARY KEY, kind int NOT NULL, at timestamptz NOT NULL, pad text)")
    connection.execute(
        "INSERT INTO events SELECT n, n / 200, '2026-01-01'::timestamptz + n * interval '1 second', repeat('x', 50)"
        " FROM generate_series(1, 60000) n"
    )
    connection.execute("CREATE INDEX ix_kind ON events (kind)")
    connection.execute("VACUUM ANALYZE events")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "prod")
    (tmp_path / "q.sql").write_text("SELECT * FROM events WHERE kind = 3 ORDER BY at DESC LIMIT 1;\n")
    assert run(tmp_path, tmp_path / "q.sql", "--update-baseline").exit_code == 0
    done = after(tmp_path, tmp_path, "CREATE INDEX ix_at ON events (at)")
    plans = json.loads((tmp_path / "plans.json").read_text())["queries"]
    assert done.exit_code == 1 and "error PLN010 limit-bound" in done.stdout, (done.output, plans)
    assert "a better plan" not in done.stdout


def test_what_the_merge_runs_is_planned_with_its_values(shop: Path, tmp_path: Path) -> None:
    statements = {
        "cast.sql": "SELECT id FROM orders WHERE at::date = '2026-01-05'",
        "skip.sql": "SELECT id FROM orders ORDER BY id LIMIT 10 OFFSET 59000",
        "all.sql": "SELECT * FROM orders ORDER BY status, at DESC",
        "each.sql": "SELECT c.id, (SELECT count(*) FROM orders o WHERE o.id % 7 = c.code) FROM customers c",
        "fine.sql": "SELECT at FROM orders WHERE id = 9; SELECT id FROM customers WHERE code IN (5, 6)",
    }
    for name, text in statements.items():
        (tmp_path / name).write_text(text + ";\n")
    done = run(shop, *(tmp_path / name for name in statements))
    assert done.exit_code == 1
    said = [line for line in done.stdout.splitlines() if line.startswith("error PLN007")]
    assert len(said) == 4, done.stdout
    told = " ".join(said)
    assert "orders (60,000 rows) is read whole for about" in told and "OFFSET reads and skips most of orders" in told
    assert "rows are sorted by" in told and "orders (60,000 rows) is read whole for every row of a loop" in told


def test_other_values_of_a_known_query_are_compared_with_its_accepted_plans(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "accept.sql").write_text(
        "SELECT id FROM orders WHERE status LIKE 'odd';\nSELECT id FROM orders WHERE id < 9;\n"
    )
    (shop / "mine.json").write_bytes((shop / "plans.json").read_bytes())
    assert run(shop, tmp_path / "accept.sql", "--update-baseline", baseline="mine.json").exit_code == 0
    (tmp_path / "fine.sql").write_text(
        "SELECT id FROM orders WHERE id < 15;\nSELECT id FROM customers WHERE code = 8;\n"
    )
    fine = run(shop, tmp_path / "fine.sql", baseline="mine.json")
    assert fine.exit_code == 0 and "6 queries checked" in fine.stdout, fine.output
    (tmp_path / "bad.sql").write_text(
        "SELECT id FROM orders WHERE status LIKE '%dd';\nSELECT id FROM orders WHERE id < 59000;\n"
    )
    bad = run(shop, tmp_path / "bad.sql", baseline="mine.json")
    said = [line for line in bad.stdout.splitlines() if line.startswith("error PLN012 new-value")]
    assert bad.exit_code == 1 and len(said) == 2, bad.output
