"""pgbench looks up thousands of rows by key, over many connections at once: a load, and nobody's loop."""

from __future__ import annotations

import time

import pytest

from advisor.catalog.live.introspect import read_schema, read_statistics
from advisor.rules.run import find
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from tests.nplus1_corpus.evaluate import context

FULL, DEFAULT = "%m [%p] %q%u@%d %a %c %v ", "%m [%p] "
LOADS = (
    ("-c", "8", "-j", "2", "-t", "150", "-M", "simple"),
    ("-c", "8", "-j", "2", "-t", "150", "-M", "prepared"),
    ("-c", "4", "-j", "2", "-t", "800", "-S"),
    ("-c", "20", "-j", "2", "-T", "2", "-R", "300", "-S", "-M", "extended"),
    ("-c", "20", "-j", "2", "-T", "2", "-R", "30", "-S"),
)  # fmt: skip


@pytest.mark.parametrize("prefix", [FULL, DEFAULT])
def test_no_loop_is_seen_in_a_load(prefix: str) -> None:
    with Server(embedded_binaries(), {"log_min_duration_statement": "0", "log_line_prefix": prefix}) as server:
        server.run("pgbench", "-i", "-s", "1", "--foreign-keys", "postgres")
        for load in LOADS:
            server.run("pgbench", *load, "postgres")
        time.sleep(0.2)
        workload = collect([str(server.log)], log_line_prefix=prefix)
        with server.connect() as connection:
            schema, statistics = read_schema(connection), read_statistics(connection)
    assert sum(query.calls for query in workload.queries) > 10_000
    assert [finding.title for finding in find(context(workload, schema, statistics), ["NPO001", "BAT"])] == []
