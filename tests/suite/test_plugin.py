"""`pytest --advisor` on a suite over SQLAlchemy, psycopg and Django: N+1 at the line that sends it, limits, the workload."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from advisor.twin.servers.server import Server
from advisor.workload.collect import collect
from advisor.workload.model import Query

SHOP = Path(__file__).parent / "shop"
TABLES = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL);
INSERT INTO customers SELECT i, 'name ' || i FROM generate_series(1, 50) i;
INSERT INTO orders SELECT i, i, i FROM generate_series(1, 40) i;
"""


@pytest.fixture
def shop(server: Server, database: str, connection: psycopg.Connection, tmp_path: Path) -> Path:
    connection.execute(TABLES)
    shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shop" / "pytest.ini").write_text(
        "[pytest]\npython_files = suite_*.py\naddopts = -q --strict-markers -p no:cacheprovider\n"
    )
    (tmp_path / "url").write_text(server.url(database))
    return tmp_path / "shop"


def run(shop: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = (shop.parent / "url").read_text()
    here = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    known = {
        **here,
        "PYTHONPYCACHEPREFIX": str(shop.parents[1] / "cache"),
        "SHOP_URL": url,
        "SHOP_DSN": psycopg.conninfo.make_conninfo(**psycopg.conninfo.conninfo_to_dict(url)),
        "PYTHONPATH": ".",
    }
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=shop, env=known, capture_output=True, text=True, timeout=300)


def line_of(shop: Path, mark: str) -> str:
    """Return `file:line` of the line that ends with a mark."""
    found = [
        f"{path.name}:{number}"
        for path in shop.glob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if line.endswith(f"# N+1: {mark}")
    ]
    assert len(found) == 1
    return found[0]


def test_without_being_asked_it_does_nothing(shop: Path) -> None:
    done = run(shop, "suite_sqlalchemy.py")
    said = [
        line for line in done.stdout.splitlines() if not line.startswith("plugins: ")
    ]  # pytest names those installed
    assert done.returncode == 0 and "advisor" not in "\n".join(said), done.stdout


def test_each_library_names_its_line_what_is_harmless_is_left_alone_and_a_workload_is_written(shop: Path) -> None:
    done = run(shop, "--advisor", "--advisor-workload", "ran.json", "-k", "not too_many")
    assert done.returncode == 0, done.stdout + done.stderr
    for mark in ("SQLAlchemy", "psycopg", "Django"):
        assert f"N+1 {line_of(shop, mark)} sends one statement 8 times in a test" in done.stdout, done.stdout
    assert "3 N+1;" in done.stdout and "request_id" not in done.stdout
    assert not re.search("test_eager|test_allowed|test_pages|test_few", done.stdout)
    assert f"after   {line_of(shop, 'SQLAlchemy')} SELECT orders.id" in done.stdout
    for remedy in ("selectinload", "prefetch_related", "= ANY(%s)"):
        assert remedy in done.stdout
    queries = queries_of(shop / "ran.json")
    child = queries["SELECT name FROM customers WHERE id = $1"]
    assert child.measured == "nominal" and child.total_ms == 0 and child.calls == 8
    assert {value for value, _ in child.slots[0].common} == {str(number) for number in range(4, 12)}
    assert child.tags["source_location"] == (line_of(shop, "psycopg"),)
    assert any("OFFSET" in text for text in queries) and not any("INSERT" in text for text in queries)


def queries_of(path: Path) -> dict[str, Query]:
    return {re.sub(r"\s+", " ", query.text): query for query in collect([str(path)]).queries}


def test_in_workers_tests_fail_by_their_limit_and_on_request_by_a_loop(shop: Path) -> None:
    done = run(shop, "--advisor-fail", "--advisor-workload", "ran.json", "suite_sqlalchemy.py", "-rf", "-n", "2")
    assert done.returncode == 1
    assert set(re.findall(r"^FAILED suite_sqlalchemy.py::(\w+)", done.stdout, re.M)) == {"test_lazy", "test_too_many"}
    assert "9 statements were sent, 3 are allowed" in done.stdout
    assert f"N+1 {line_of(shop, 'SQLAlchemy')}" in done.stdout
    child = next(query for text, query in queries_of(shop / "ran.json").items() if "customers.id = $1" in text)
    assert child.calls == 24  # three tests, whichever workers ran them
    told = run(shop, "--advisor", "suite_others.py", "-n", "1")
    assert told.returncode == 0 and f"N+1 {line_of(shop, 'psycopg')} sends" in told.stdout, told.stdout


def test_a_wrong_marker_and_half_of_two_options_are_said(shop: Path) -> None:
    (shop / "suite_marker.py").write_text(
        "import pytest\n\n\n@pytest.mark.advisor(queries=3)\ndef test_x():\n    from shop import pages\n\n    pages()\n"
    )
    wrong = run(shop, "--advisor", "suite_marker.py")
    assert wrong.returncode != 0 and "the marker is advisor(max_queries=None, allow=())" in wrong.stdout + wrong.stderr
    half = run(shop, "--advisor-snapshot", "prod")
    assert half.returncode == 4 and "belong together" in half.stderr
