"""What `pytest --advisor` costs on a suite of 300 tests: the same suite with and without it, in turns, on a real server.

Each test fills its tables in a fixture, as suites do, and sends some twenty statements through SQLAlchemy or psycopg; one in
ten has an N+1. The seed decides how many statements each test sends.

    python -m benchmarks.plugin_overhead [--rounds 5] [--seed 1] [--tests 300]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from advisor.twin.servers.server import Server, embedded_binaries

HEAD = """
import os, pytest, psycopg, sqlalchemy as sa

URL = os.environ["SUITE_URL"]
engine = sa.create_engine(URL.replace("postgresql://", "postgresql+psycopg://"))


@pytest.fixture
def rows():
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute("TRUNCATE item")
        connection.execute("INSERT INTO item SELECT i, i % 7, 'name ' || i FROM generate_series(1, 2000) i")
        yield connection


def by_alchemy(number):
    with engine.begin() as connection:
        for one in range(number):
            sql = ("SELECT count(*) FROM item WHERE kind = :k", "SELECT max(name) FROM item WHERE id > :k")[one % 2]
            connection.execute(sa.text(sql), {"k": one % 3}).scalar()


def by_hand(connection, number):
    for one in range(number):
        connection.execute("SELECT name FROM item WHERE kind = %s AND name LIKE %s", (one % 3, f"%{one % 2}%")).fetchall()


def in_a_loop(connection):
    found = connection.execute("SELECT id FROM item ORDER BY id LIMIT 12").fetchall()
    return [connection.execute("SELECT name FROM item WHERE id = %s", one).fetchone() for one in found]
"""


def suite(folder: Path, tests: int, rng: random.Random) -> None:
    """Write the suite."""
    parts = [HEAD]
    for number in range(tests):
        body = "in_a_loop(rows)" if number % 10 == 9 else f"by_alchemy({rng.randint(6, 14)})"
        parts.append(f"def test_{number}(rows):\n    {body}\n    by_hand(rows, {rng.randint(6, 14)})\n")
    (folder / "test_suite.py").write_text("\n\n".join(parts))


def seconds(folder: Path, url: str, *options: str) -> tuple[float, float]:
    """Return how long one run takes, the process's own start and end included, and its processor time."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    known |= {"SUITE_URL": url, "PYTHONPYCACHEPREFIX": str(folder / "cache")}  # modules compiled once, as installed
    begin, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=known, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - begin, used


def main() -> None:
    """Print every round, and the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", type=int, default=300)
    asked = parser.parse_args()
    print(f"seed {asked.seed}, {asked.tests} tests, {asked.rounds} rounds")
    with tempfile.TemporaryDirectory() as name, Server(embedded_binaries()) as server:
        folder = Path(name)
        suite(folder, asked.tests, random.Random(asked.seed))
        with server.connect() as connection:
            connection.execute("CREATE TABLE item (id int PRIMARY KEY, kind int, name text)")
        url = server.url("postgres")
        runs = {
            "without": (),
            "--advisor": ("--advisor",),
            "--advisor-workload": ("--advisor-workload", "ran.json.zst"),
        }
        for options in runs.values():
            seconds(folder, url, *options)  # fills the cache
        taken: dict[str, list[tuple[float, float]]] = {label: [] for label in runs}
        for _ in range(asked.rounds):
            for label, options in runs.items():
                taken[label].append(seconds(folder, url, *options))
            print(
                "  ".join(
                    f"{label} {times[-1][0]:.2f} s, {times[-1][1]:.2f} s of processor" for label, times in taken.items()
                ),
                flush=True,
            )
        for number, what in enumerate(("wall clock", "processor of the tests' process")):
            base = median(one[number] for one in taken["without"])
            for label, times in taken.items():
                found = median(one[number] for one in times)
                print(f"{what}: {label:<20} {found:6.2f} s  {found / base - 1:+.1%}")


if __name__ == "__main__":
    main()
