"""What only a running server shows, from its log and snapshot to the printed finding: pools and stale statistics."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.twin.servers.server import Server, embedded_binaries

SETTINGS = {
    "log_connections": "on",
    "log_disconnections": "on",
    "log_min_duration_statement": "0",
    "log_line_prefix": "%m [%p] %q%u@%d/%a ",
    "autovacuum": "off",
}


def printed(folder: Path, *arguments: str) -> str:
    """Return what `advisor advise` prints about the folder's log and snapshot."""
    program = "from advisor.cli.main import main; main()"
    given = ["--isolated", "advise", "server.log", "--snapshot", "prod", "--quiet", *arguments]
    done = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def kept(server: Server, folder: Path) -> None:
    """Keep the server's log and a snapshot of it, as a team would."""
    time.sleep(0.2)
    (folder / "server.log").write_bytes(server.log.read_bytes())
    save_snapshot(take_snapshot(server.url()), folder / "prod")


def work(connection: psycopg.Connection, seconds: float) -> None:
    """Keep a connection busy for a while, as a pool's worker is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection.execute("SELECT pg_sleep(0.05), count(*) FROM orders WHERE id = %s", [1]).fetchall()


@pytest.mark.parametrize(("opened", "busy", "reported"), [(30, 2, True), (12, 12, False)])
def test_a_pool_far_larger_than_its_work_is_reported_and_one_that_is_used_is_not(
    opened: int, busy: int, reported: bool, tmp_path: Path
) -> None:
    with Server(embedded_binaries(), SETTINGS) as server:
        with server.connect() as connection:
            connection.execute("CREATE TABLE orders (id int PRIMARY KEY)")
        time.sleep(0.3)  # until its end is logged
        pool = [psycopg.connect(f"{server.url()}&application_name=shop", autocommit=True) for _ in range(opened)]
        with ThreadPoolExecutor(busy) as threads:
            list(threads.map(lambda number: work(pool[number], 2.5), range(busy)))
        for connection in pool:
            connection.close()
        kept(server, tmp_path)
    text = printed(tmp_path, "--select", "CON002")
    assert ("CON002" in text) is reported, text
    if reported:
        assert f"{opened} connections were open at once" in text
        assert "a pool of 3 over all application processes together" in text


@pytest.mark.parametrize("changed", [0.6, 0.05])
def test_statistics_that_most_rows_outran_are_reported_and_fresh_ones_are_not(changed: float, tmp_path: Path) -> None:
    with Server(embedded_binaries(), SETTINGS) as server:
        with server.connect() as connection:
            connection.execute("CREATE TABLE orders (id int PRIMARY KEY, status text NOT NULL)")
            connection.execute("INSERT INTO orders SELECT i, 'new' FROM generate_series(1, 40000) i")
        with server.connect() as connection:  # a session counts what it wrote when it ends, or a second later
            connection.execute("ANALYZE orders")
            connection.execute("UPDATE orders SET status = 'done' WHERE id <= %s", [40000 * changed])
            connection.execute("SELECT * FROM orders WHERE status = 'done' LIMIT 10")
        kept(server, tmp_path)
    text = printed(tmp_path, "--select", "STA001")
    assert ("STA001" in text) is (changed > 0.2), text
    if changed > 0.2:
        assert "statistics of orders are out of date: 60% of its rows changed since" in text
        assert "ANALYZE public.orders" in text
