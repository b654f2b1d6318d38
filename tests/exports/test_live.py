"""A live server is read like an export of it; what is missing or forbidden is said in one sentence."""

from __future__ import annotations

import pytest
from psycopg import conninfo

from advisor.capture.exports.live import read_live
from advisor.errors import ServerError, UsageError
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.exports.export_rows import workload_of
from tests.exports.conftest import Exporter


def address(exporter: Exporter, database: str, **parameters: str) -> str:
    return conninfo.make_conninfo(exporter.server.conninfo(exporter.databases[database]), **parameters)


def test_a_live_server_gives_what_its_export_gives(exporter: Exporter) -> None:
    (export,) = read_live(address(exporter, "1.12"))
    queries = {
        query.text: query for query in workload_of([export]).queries if query.database == exporter.databases["shop"]
    }
    looked_up = queries["SELECT * FROM invoice WHERE id = $1"]
    assert looked_up.calls == 14 and looked_up.users == ("auditor", "clerk")
    assert export.captured is not None and export.reset is not None and export.evictions is not None
    assert "pg_stat_statements" in export.coverage.kind


@pytest.mark.parametrize("version", ["1.4", "1.8"])
def test_old_versions_of_the_extension_are_read(exporter: Exporter, version: str) -> None:
    (export,) = read_live(address(exporter, version))
    assert export.captured is not None and export.reset is None
    assert any(row.text.startswith("SELECT * FROM invoice WHERE id = ") for row in export.rows)


def test_reading_writes_nothing_and_leaves_no_session(exporter: Exporter) -> None:
    read_live(address(exporter, "1.12", application_name="ours"))
    with exporter.server.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'advisor%' AND state <> 'idle'"
        assert connection.execute(query).fetchone() == (0,)


def test_a_missing_extension_is_named(exporter: Exporter) -> None:
    with pytest.raises(ServerError, match="extension pg_stat_statements is missing") as caught:
        read_live(address(exporter, "billing"))
    assert "CREATE EXTENSION" in str(caught.value)


def test_missing_permission_is_named_with_the_grant(exporter: Exporter) -> None:
    with exporter.server.connect(exporter.databases["1.11"]) as connection:
        connection.execute("REVOKE SELECT ON pg_stat_statements FROM PUBLIC")
    with pytest.raises(ServerError, match="no permission to read pg_stat_statements") as caught:
        read_live(address(exporter, "1.11", user="clerk"))
    assert "GRANT pg_read_all_stats" in str(caught.value)


def test_a_role_that_sees_only_its_own_statements_is_told_so(exporter: Exporter) -> None:
    (export,) = read_live(address(exporter, "1.12", user="clerk"))
    assert {row.user for row in export.rows} == {"clerk"}
    assert any("pg_read_all_stats" in note for note in export.notes)


def test_a_dead_server_is_named_without_its_password() -> None:
    with pytest.raises(ServerError) as caught:
        read_live("postgresql://me:secret@127.0.0.1:1/shop")
    assert "127.0.0.1:1/shop" in str(caught.value) and "secret" not in str(caught.value)


def test_what_is_no_address_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        read_live("postgresql://me:secret@[oops/shop")


def test_an_extension_that_was_not_loaded_is_named() -> None:
    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
        with pytest.raises(ServerError, match="not loaded") as caught:
            read_live(server.conninfo())
        assert "shared_preload_libraries" in str(caught.value)
