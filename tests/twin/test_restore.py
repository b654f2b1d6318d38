"""Restoring a schema: whatever a dump holds, statement by statement, with nothing lost."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.snapshot import Snapshot
from advisor.catalog.statistics import Statistics
from advisor.errors import SnapshotError
from advisor.twin.restoring.dump import statements
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.twin.start import start_twin

OBJECTS = Path(__file__).parent / "objects.sql"
LEFT_OUT = re.compile(r"^(--|COMMENT ON|\\(un)?restrict |$)", re.MULTILINE)


@pytest.fixture(scope="module")
def dump() -> Iterator[str]:
    """What pg_dump writes of a database that has everything."""
    with Server(embedded_binaries()) as server:
        done = server.run("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-f", str(OBJECTS))
        assert done.returncode == 0, done.stderr
        dumped = server.run("pg_dump", "--schema-only", "postgres")
        assert dumped.returncode == 0, dumped.stderr
        yield dumped.stdout


def objects(dump: str) -> list[str]:
    """Return a dump's lines without owners, grants and comments, which a twin does without."""
    kept = re.sub(r"^(ALTER [^;]* OWNER TO |GRANT |REVOKE |COMMENT ON )[^;]*;$", "", dump, flags=re.MULTILINE)
    kept = re.sub(r"^COMMENT ON TABLE public.main IS 'it''s; a comment';$", "", kept, flags=re.MULTILINE)
    return [line for line in kept.splitlines() if not LEFT_OUT.match(line) and line]


def test_the_twins_own_dump_is_the_dump_it_was_made_from(dump: str) -> None:
    snapshot = replace(Snapshot(dump, Statistics(), {}, 180000))
    with start_twin(snapshot) as twin:
        (note,) = twin.notes
        assert "the snapshot names no roles, so queries on public.main" in note
        again = run_pg_dump(twin.conninfo)
    assert objects(again) == objects(dump)
    assert len(objects(dump)) > 200


def run_pg_dump(conninfo: str) -> str:
    import subprocess

    command = [str(embedded_binaries() / "pg_dump"), "--schema-only", "-d", conninfo]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


PIECES = st.sampled_from([
    "SELECT 1", "CREATE TABLE t (a text DEFAULT 'x;y')", "CREATE VIEW v AS SELECT $$;$$ AS a", 'SELECT "a;b"',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; SELECT 2; $body$", "SELECT E'\\';'", "SELECT /* ; */ 2",
    "CREATE TABLE u (b int) -- ;\n", "SELECT '\\restrict'",
])  # fmt: skip
NOISE = st.sampled_from([
    "", "\n", "-- comment; with a semicolon\n", "/* block; comment */", "\\restrict abc\n", "\\connect production\n",
    "COPY public.t (a, b) FROM stdin;\n1\tSELECT 5;\n'\t$$\n\\.\n", "ALTER TABLE t OWNER TO x;\n", "GRANT ALL ON t TO x;\n",
    "SELECT pg_catalog.setval('s', 5, true);\n", "ALTER FUNCTION f(a integer, b text) OWNER TO \"odd; role\";\n",
    "CREATE SUBSCRIPTION s CONNECTION 'host=production' PUBLICATION p;\n", "INSERT INTO t VALUES ('a;b');\n",
])  # fmt: skip


@given(st.lists(st.tuples(NOISE, PIECES), max_size=12))
def test_every_statement_comes_out_whole_and_in_order_and_nothing_else_does(parts: list[tuple[str, str]]) -> None:
    script = "".join(
        f"\n{noise}{'' if not noise or noise.endswith(chr(10)) else ' '}{piece};\n" for noise, piece in parts
    )
    found = [re.sub(r"\s*(--.*)?\s*$", "", statement) for statement in statements(script)]
    assert found == [re.sub(r"\s*(--.*)?\s*$", "", piece) for _, piece in parts]


@given(st.text(alphabet="abc;'\"$\\-/*\n ()CREATE TABLE", max_size=200))
def test_a_broken_script_is_one_clear_error_and_nothing_else(text: str) -> None:
    with contextlib.suppress(SnapshotError):
        list(statements(text))
