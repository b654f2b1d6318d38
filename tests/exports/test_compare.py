"""Did it help: a capture before an index was built, and one after it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from advisor.cli.main import main
from advisor.twin.servers.server import Server, embedded_binaries

EXPORT = """
    SELECT now() AS captured_at, i.stats_reset, d.datname, s.*
    FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid CROSS JOIN pg_stat_statements_info i
    WHERE query LIKE '%visit%'
"""
UNDATED = (
    "SELECT d.datname, s.* FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE query LIKE '%visit%'"
)
"""What clients export by hand: no time, no reset."""
BY_PAGE = "SELECT count(*) FROM visit WHERE page = "
BY_ID = "SELECT page FROM visit WHERE id = "
REPORT = "SELECT max(page) FROM visit -- new report"
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "log_min_duration_statement": "0",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


@dataclass(frozen=True)
class Captures:
    """Exports and logs of the time before and after the index; the counters ran on."""

    before: dict[str, Path]
    after: dict[str, Path]
    reset: dict[str, Path]
    """After the index, too, and after the counters began anew: fewer executions."""


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Captures]:
    folder = tmp_path_factory.mktemp("captures")
    found: list[dict[str, Path]] = []
    with Server(embedded_binaries(), SETTINGS) as server:
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute("SET log_min_duration_statement = -1; SET pg_stat_statements.track = 'none'")
            connection.execute(
                "CREATE TABLE visit AS SELECT n AS id, n % 5000 AS page FROM generate_series(1, 300000) n"
            )
            connection.execute("ANALYZE visit; CREATE INDEX ON visit (id)")
        for name in ("before", "after", "reset"):
            begin = server.log.stat().st_size
            with server.connect() as connection:
                for number in range(12 if name == "reset" else 20):
                    connection.execute(f"{BY_PAGE}{number}")
                    connection.execute(f"{BY_ID}{number}")
                if name == "after":
                    connection.execute(REPORT)
            found.append(_files(server, folder, name, begin))
            with server.connect() as connection:
                connection.execute("SET log_min_duration_statement = -1; SET pg_stat_statements.track = 'none'")
                if name == "before":
                    connection.execute("CREATE INDEX ON visit (page)")
                else:
                    connection.execute("SELECT pg_stat_statements_reset()")
    yield Captures(*found)


def _files(server: Server, folder: Path, name: str, begin: int) -> dict[str, Path]:
    quiet = ["-c", "SET log_min_duration_statement = -1", "-c", "SET pg_stat_statements.track = 'none'"]
    files = {"export": folder / f"{name}.csv", "undated": folder / f"{name}-undated.csv", "log": folder / f"{name}.log"}
    for kind, query in (("export", EXPORT), ("undated", UNDATED)):
        files[kind].write_text(server.run("psql", "-X", "-q", "--csv", *quiet, "-c", query).stdout)
    files["log"].write_bytes(server.log.read_bytes()[begin:])
    return files


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def advisor(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["advisor", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return advisor


@pytest.mark.parametrize("kind", ["export", "log"])
def test_what_the_index_did_is_measured_per_call(kind: str, captures: Captures, run: Run) -> None:
    status, out, _ = run("compare", "-q", "--format", "json", captures.before[kind], captures.after[kind])
    assert status == 0
    queries = {query["text"].partition("$")[0]: query for query in json.loads(out)["queries"]}
    assert queries[BY_PAGE]["verdict"] == "faster"
    assert queries[BY_PAGE]["before"]["calls"] == queries[BY_PAGE]["after"]["calls"] == 20
    assert queries[BY_PAGE]["ratio"] < 0.5 and queries[BY_PAGE]["saved_ms"] > 0
    assert next(query for text, query in queries.items() if "max(page)" in text)["verdict"] == "new"
    if kind == "log":
        assert queries[BY_PAGE]["before"]["p95_ms"] > queries[BY_PAGE]["after"]["p95_ms"]


@pytest.mark.parametrize("kind", ["export", "undated"])
def test_counters_that_began_anew_are_taken_as_they_are(kind: str, captures: Captures, run: Run) -> None:
    _, out, _ = run("compare", "-q", "--format", "json", captures.before[kind], captures.reset[kind])
    (page,) = [query for query in json.loads(out)["queries"] if query["text"].startswith(BY_PAGE)]
    assert (page["before"]["calls"], page["after"]["calls"], page["verdict"]) == (20, 12, "faster")


def test_the_text_names_the_gain_first_and_sums_it_up(captures: Captures, run: Run) -> None:
    _, out, _ = run("compare", "-q", captures.before["log"], captures.after["log"])
    heading, _, first, *_ = out.splitlines()
    assert "calls before" in heading and first.startswith("faster") and BY_PAGE.strip() in first
    assert "less" in out and "1 queries only after" in out


def test_a_query_that_got_slower_fails_the_run_when_asked_to(captures: Captures, run: Run) -> None:
    turned = captures.after["log"], captures.before["log"]
    assert run("compare", "-q", *turned)[0] == 0
    status, _, err = run("compare", "-q", *turned, "--fail-slower", "2")
    assert status == 1 and BY_PAGE.strip() in err


def test_a_workload_file_compares_like_its_inputs(captures: Captures, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "before.json.zst"
    run("capture", "-q", captures.before["log"], "-o", path)
    assert run("compare", "-q", path, captures.after["log"]) == run(
        "compare", "-q", captures.before["log"], captures.after["log"]
    )
