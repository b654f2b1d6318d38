"""Exports of the server versions at hand, each with the extension version that came with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect

LOCAL = [path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin")) if (path / "postgres").exists()]
SERVERS = [embedded_binaries(), *(path for path in LOCAL if list(path.parent.glob("lib/pg_stat_statements.so")))]


@pytest.mark.parametrize("binaries", SERVERS, ids=lambda path: path.parent.name)
def test_lists_of_any_length_are_one_query(binaries: Path, tmp_path: Path) -> None:
    """Before 18 every length of a list is an entry of its own; 18 folds them itself."""
    with Server(binaries, {"shared_preload_libraries": "pg_stat_statements"}) as server:
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements; CREATE TABLE item (id int PRIMARY KEY)")
            for length in range(1, 9):
                connection.execute(f"SELECT * FROM item WHERE id IN ({', '.join(map(str, range(length)))})")
            connection.execute("SELECT * FROM item WHERE id > 3")
        query = "SELECT now() AS captured_at, * FROM pg_stat_statements WHERE query LIKE '%item WHERE%'"
        path = tmp_path / "statements.csv"
        path.write_text(server.run("psql", "-X", "-q", "--csv", "-c", query).stdout)
        live = collect([server.url()])
    workload = collect([str(path)])
    assert {query.calls for query in workload.queries} == {8, 1}
    assert {query.id for query in workload.queries} <= {query.id for query in live.queries}
