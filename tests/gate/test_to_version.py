"""`advisor check --to-version`: what an upgrade makes of the plans is seen before it is made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.check_command import command
from advisor.errors import UsageError
from advisor.gate.upgraded import upgraded
from advisor.gate.verdict import CheckResult, Verdict
from advisor.twin.servers.server import Server
from benchmarks.twin_fidelity import VERSIONS

OLD = min(VERSIONS)
NEW = max(VERSIONS)
SCHEMA = """
CREATE TABLE events (kind int, at int, total int);
CREATE INDEX ix_events ON events (kind, at);
INSERT INTO events SELECT n % 3, n, n FROM generate_series(1, 60000) n;
"""
STATEMENTS = """SELECT total FROM events WHERE kind = 1 AND at = 77;
SELECT total FROM events WHERE at = 77;
SELECT count(*) FROM events;
"""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A snapshot of the oldest version there is, with statements: skip scans came with 18."""
    folder = tmp_path_factory.mktemp("upgrade")
    with Server(VERSIONS[OLD]) as server:
        with server.connect() as connection:
            connection.execute(SCHEMA.encode())
            connection.execute("VACUUM ANALYZE")
        save_snapshot(take_snapshot(server.url()), folder / "prod")
    (folder / "queries.sql").write_text(STATEMENTS)
    yield folder


def check(team: Path, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in ("--snapshot", team / "prod", *arguments)])


def test_a_plan_that_only_the_new_version_has_is_told_and_the_others_are_counted(team: Path) -> None:
    done = check(team, team / "queries.sql", "--to-version", NEW, "--format", "json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [(one["code"], one["level"]) for one in told["verdicts"]] == [("PLN009", "info")]
    assert told["verdicts"][0]["text"].startswith("SELECT total FROM events WHERE at =")
    assert told["verdicts"][0]["cause"].startswith(f"on PostgreSQL {NEW}: ")
    assert told["checked"] == 3
    assert f"from PostgreSQL {OLD} to {NEW}: 2 of 3 queries keep their plans, 0 take another" in " ".join(told["notes"])


def test_versions_that_are_not_there_and_contradictions_are_refused(team: Path) -> None:
    for version, word in ((99, "there is no PostgreSQL 99 here"), (OLD, f"is of PostgreSQL {OLD} already")):
        done = check(team, team / "queries.sql", "--to-version", version)
        assert isinstance(done.exception, UsageError) and word in str(done.exception)
    done = check(team, "--to-version", NEW, "--migrations", team / "queries.sql")
    assert isinstance(done.exception, UsageError)


def test_ties_are_left_out_and_counted_and_what_is_dearer_stays() -> None:
    def verdict(query: str, level: str, after: float) -> Verdict:
        return Verdict("PLN009", "n", level, query, "t", "c", cost_before=100.0, cost_after=after)  # type: ignore[arg-type]

    found = (verdict("a", "info", 109.0), verdict("b", "info", 50.0), verdict("c", "fail", 109.0))
    result = upgraded(CheckResult(found, checked=5), 16, 18)
    assert [one.query for one in result.verdicts] == ["b", "c"]
    assert (
        "2 of 5 queries keep their plans, 1 take another of the same cost (ties, left out), 2 change"
        in result.notes[-1]
    )
