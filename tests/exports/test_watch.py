"""Watching a live server's sessions gives statements with real values to those pg_stat_statements counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from advisor.capture.exports.activity import watch_activity
from advisor.errors import ServerError, UsageError
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.exports.export_rows import workload_of
from advisor.workload.exports.watch import watched

BY_ID = "SELECT * FROM item WHERE id = "


@pytest.fixture(scope="module")
def busy() -> Iterator[Server]:
    """A server whose sessions look items up, one after the other, while the test runs."""
    with Server(embedded_binaries(), {"shared_preload_libraries": "pg_stat_statements"}) as server:
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE item (id int, name text)")
        stop = threading.Event()

        def work() -> None:
            with server.connect() as connection:
                number = 0
                while not stop.is_set():
                    connection.execute(f"{BY_ID}{number % 3}")
                    number += 1
                    stop.wait(0.02)

        worker = threading.Thread(target=work)
        worker.start()
        yield server
        stop.set()
        worker.join()


def address(server: Server) -> str:
    return server.url()


def test_values_are_seen_and_counts_are_said_to_be_made_up(busy: Server) -> None:
    export = watch_activity(address(busy), 1.0)
    workload = workload_of([export])
    (query,) = [query for query in workload.queries if query.text.startswith(BY_ID)]
    assert query.text == BY_ID + "$1" and query.measured == "nominal"
    assert {sample.text for sample in query.samples} <= {f"{BY_ID}{number}" for number in range(3)}
    assert {value for value, _ in query.slots[0].common} <= {"0", "1", "2"}
    assert "how often each statement runs" in export.coverage.hides


def test_the_counters_keep_the_totals(busy: Server) -> None:
    url = address(busy)
    joined = watched(collect([url]), [url], 0.5)
    (query,) = [query for query in joined.queries if query.text.startswith(BY_ID)]
    assert query.measured == "statements" and query.calls > 10
    assert query.samples and query.slots


def test_it_does_not_see_itself(busy: Server) -> None:
    export = watch_activity(address(busy), 0.3)
    assert not [row.text for row in export.rows if "pg_stat_activity" in row.text]


def test_files_cannot_be_watched(busy: Server) -> None:
    with pytest.raises(UsageError, match="database URL"):
        watched(collect([address(busy)]), ["statements.csv"], 0.1)


def test_a_dead_server_cannot_be_watched() -> None:
    with pytest.raises(ServerError):
        watch_activity("postgresql://127.0.0.1:1/shop", 0.1)
