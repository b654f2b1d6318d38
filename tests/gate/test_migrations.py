"""The migration lint: what each pending statement does to tables in use, said with the safe form, without any query too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.cli.main import advisor_group
from advisor.gate.mig import migration_rules
from advisor.rules.page import SECTIONS, sections
from advisor.twin.servers.server import Server

CASES = Path(__file__).parent / "migrations"
SCHEMA = """
SELECT pg_stat_reset();
CREATE TABLE customers (id int PRIMARY KEY, email text, unread int);
CREATE TABLE options (name text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, zip text, total int, state varchar(20), old text);
CREATE INDEX ix_orders_zip ON orders (zip);
INSERT INTO customers SELECT n, n, n FROM generate_series(1, 2000) n;
INSERT INTO orders SELECT n, 1 + n % 2000, n, n, 's', 'x' FROM generate_series(1, 100000) n;
"""
REVISION = """from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    {body}
"""


@pytest.fixture(scope="module")
def prod(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A snapshot of a shop with traffic."""
    with server.connect() as admin:
        admin.execute("CREATE DATABASE migrating")
    with server.connect("migrating") as connection:
        connection.execute(SCHEMA.encode())
        connection.execute("VACUUM ANALYZE")
        connection.execute("SELECT pg_stat_force_next_flush()")
    folder = tmp_path_factory.mktemp("mig") / "prod"
    save_snapshot(take_snapshot(server.url("migrating")), folder)
    yield folder
    with server.connect() as admin:
        admin.execute("DROP DATABASE migrating WITH (FORCE)")


def check(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments])


def wanted(path: Path) -> list[tuple[int, str, str]]:
    """Return line, level and code of what a file says must be said of it."""
    lines = enumerate(path.read_text().splitlines(), 1)
    return [(number, *match[1].split()) for number, line in lines if (match := re.search(r"--> (.+)", line))]  # type: ignore[misc]


def test_each_statement_gets_what_it_deserves_and_no_more(prod: Path, tmp_path: Path) -> None:
    workload = tmp_path / "workload.sql"
    workload.write_text("SELECT email FROM customers WHERE id = 7;\nSELECT total FROM orders WHERE id = 7;\n")
    done = check("--snapshot", prod, "--migrations", CASES / "unsafe.sql", workload, "--format", "json", "-q")
    assert done.exit_code == 1, done.output
    found = [one for one in json.loads(done.stdout)["verdicts"] if one["code"].startswith("MIG")]
    assert sorted((one["line"], one["level"], one["code"]) for one in found) == wanted(CASES / "unsafe.sql")
    assert all(one["fix"] and one["id"] and one["file"].endswith("unsafe.sql") for one in found)
    said = {one["line"]: one["cause"] for one in found}
    assert re.fullmatch(
        r"ACCESS EXCLUSIVE on orders \(100 k rows, \d+ writes/s\) (about 0|for less than 0)\.\d s: the table is rewritten"
        r" and 3 indexes are built anew; reads and writes wait",
        said[10],
    ), said[10]


def test_it_works_without_baseline_inputs_and_queries_on_alembic_too(prod: Path, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "migrations" / "env.py").write_text("raise SystemExit\n")
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    body = 'op.execute("SELECT 1; CREATE INDEX a ON orders (old); DROP TABLE customers")\n    with op.get_context().autocommit_block():\n        op.create_index("b", "orders", ["old"], postgresql_concurrently=True)\n        op.drop_column("orders", "old")'
    (versions / "0001.py").write_text(REVISION.format(body=body))
    done = check("--snapshot", prod, "--alembic", tmp_path / "alembic.ini")
    assert done.exit_code == 1, done.output
    assert "error MIG001 index-without-concurrently migration: SHARE on orders (100 k rows" in done.stdout
    assert f"  by     revision 0001, {versions / '0001.py'}:5" in done.stdout
    assert "  fix    CREATE INDEX CONCURRENTLY a ON orders (old); outside a transaction" in done.stdout
    assert "warning MIG009 drop-of-what-is-read migration: table customers is dropped" in done.stdout
    assert "column orders.old is dropped: what still reads it is not known" in done.stdout
    assert "MIG001" not in done.stdout.split("error MIG001", 1)[1], "the concurrent build is one that nobody waits for"


def test_a_foreign_key_that_no_index_serves_is_said_with_the_index(prod: Path, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "SET lock_timeout = 1000;\nCREATE TABLE notes (id int, customer_id int REFERENCES customers);\n"
        "CREATE TABLE calls (id int, customer_id int REFERENCES customers);\nCREATE INDEX c ON calls (customer_id, id);\n"
    )
    done = check("--snapshot", prod, "--migrations", tmp_path / "a.sql", "-q")
    assert done.exit_code == 0 and done.stdout.count("MIG011") == 1, done.output
    assert "no index serves the foreign key notes(customer_id): to delete a row of customers" in done.stdout
    assert "a.sql:2" in done.stdout and "fix    CREATE INDEX CONCURRENTLY ON notes (customer_id)" in done.stdout


def test_an_environment_that_sets_lock_timeout_answers_for_its_revisions(prod: Path, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    (versions / "0001.py").write_text(REVISION.format(body='op.execute("ALTER TABLE orders ADD q int")'))
    for text, code in (("pass\n", True), ("connection.execute(text(\"SET lock_timeout = '2s'\"))\n", False)):
        (tmp_path / "migrations" / "env.py").write_text(text)
        done = check("--snapshot", prod, "--alembic", tmp_path / "alembic.ini", "-q")
        assert done.exit_code == 0 and ("MIG007" in done.stdout) is code, done.output


def test_what_fails_is_named_and_the_rest_is_judged(prod: Path, tmp_path: Path) -> None:
    (tmp_path / "V10__b.sql").write_text("CREATE INDEX z ON nowhere (a);\nCREATE INDEX z ON orders (total);\n")
    (tmp_path / "V9__a.sql").write_text(
        "ALTER TABLE orders ADD COLUMN first int;\n-- migrate:down\nDROP TABLE orders;\n"
    )
    (tmp_path / "U9__a.sql").write_text("DROP TABLE orders;\n")
    done = check("--snapshot", prod, "--migrations", tmp_path)
    assert done.exit_code == 1 and "V10__b.sql:1: V10__b.sql failed: relation" in done.stderr, done.output
    assert done.stdout.index("V10__b.sql:2") and "DROP TABLE" not in done.output and "V9__a.sql:1" in done.stdout


def test_a_suppression_silences_it_until_its_end(prod: Path, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SET lock_timeout = 1000;\nCREATE INDEX z ON orders (total);\n")
    for expires, status in (("2999-01-01", 0), ("2020-01-01", 1)):
        config = tmp_path / "advisor.toml"
        config.write_text(f'suppress = [{{ code = "MIG001", reason = "at night", expires = {expires} }}]\n')
        given = ["--config", config, "check", "--snapshot", prod, "--migrations", tmp_path / "a.sql", "-q"]
        done = CliRunner().invoke(advisor_group, [str(one) for one in given])
        assert done.exit_code == status, done.output
        assert ("silenced: MIG001" in done.stdout) is (status == 0)
        assert ("suppression ended on 2020-01-01: at night" in done.stdout) is (status == 1)


def test_every_rule_has_a_whole_page() -> None:
    assert [rule.code for rule in migration_rules()] == [f"MIG{number:03}" for number in range(1, 12)]
    assert all(sections(rule) == SECTIONS for rule in migration_rules())
