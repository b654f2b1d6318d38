"""A redacted revision says nothing that production's rows say; what the index itself is made of stays, and is named."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import IndexKey
from advisor.catalog.snapshot import save_snapshot, take_snapshot
from advisor.cli.main import advisor_group
from advisor.indexes.proposal import Advice, IndexProposal, QueryBenefit
from advisor.output.render import render
from advisor.output.report import Report
from advisor.revisions.write import write_revisions
from advisor.rules.evidence import Facts
from advisor.rules.finding import Finding
from advisor.twin.servers.server import Server
from advisor.workload.model import Query, Workload
from tests.revisions.builders import definition, environment, proposal, versions

CANARY, NUMBER = "zebrafinch", "48151623"
TEXTS = {
    "string": f"SELECT * FROM events WHERE note = '{CANARY}'",
    "long": f"SELECT * FROM events WHERE note = E'it\\'s {CANARY}' AND kind = $${CANARY}$$ AND id = {NUMBER}",
    "list": f"SELECT * FROM events WHERE id IN ({NUMBER}, 4) AND note = $1",
    "comment": f"SELECT 1 /* {CANARY} */ FROM events -- {CANARY}",
    "call": f"SELECT * FROM events WHERE lower(note) = lower(U&'{CANARY}') LIMIT {NUMBER}",
    "cut": f"SELECT * FROM events WHERE note = '{CANARY} and then the log en",
    "none": f"{CANARY} {NUMBER}",
    "utility": f"ALTER ROLE app PASSWORD '{CANARY}'",
    "do": f"DO $do$ BEGIN PERFORM '{CANARY}'; END $do$",
}
REASON = (
    f"one index for a filter; all 40 captured executions compared note with '{CANARY}'; note = {NUMBER} stands there"
)


def _proposals() -> tuple[IndexProposal, ...]:
    served = tuple(QueryBenefit(name, 5000.0, 4.5, 1000.0, "logged") for name in TEXTS)
    new = proposal(definition("events", "kind", "note"), "replace", replaces=("ix_old",), queries=served)
    partial = proposal(definition("events", "kind", where=f"note = '{CANARY}'"), queries=served)
    key = proposal(definition("events", IndexKey(f"((note || '{CANARY}'))")), queries=served)
    plain = proposal(definition("events", "at", where="kind IS NULL"), queries=served)
    return tuple(_with_reason(one) for one in (new, partial, key, plain))


def _with_reason(one: IndexProposal) -> IndexProposal:
    return replace(one, reason=f"{REASON}; its key can raise (a cast)")


@pytest.fixture
def report(tmp_path: Path) -> Path:
    queries = tuple(Query(name, name, text, 10.0, 50.0, 5.0) for name, text in TEXTS.items())
    (tmp_path / "report.json").write_text(render(Report(Workload(queries), Advice(_proposals())), "json"))
    return tmp_path / "report.json"


@pytest.fixture
def snapshot(tmp_path: Path, server: Server, database: str, connection: psycopg.Connection) -> Path:
    connection.execute("CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date, note text)")
    connection.execute("CREATE INDEX ix_old ON events (kind)")
    connection.execute(f"COMMENT ON INDEX ix_old IS 'for {CANARY}'")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "snapshot")
    return tmp_path / "snapshot"


def migrate(*arguments: object) -> Result:
    result = CliRunner().invoke(advisor_group, ["--isolated", "migrate", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def test_no_value_is_in_a_redacted_revision_but_those_of_the_index(report: Path, snapshot: Path) -> None:
    ini = environment(report.parent)
    migrate(report, "--alembic", ini, "--snapshot", snapshot)
    plain = versions(report.parent)
    assert all(CANARY.encode() in text for text in plain.values()), "the canary must be able to sing"
    partial = next(one for one in _proposals() if one.definition.where)
    again = migrate(report, "--alembic", ini, "--only", partial.id, "--redact")
    assert again.stderr.count("and --redact leaves it as it is") == 1
    assert versions(report.parent) == plain
    for path in (report.parent / "migrations" / "versions").glob("*.py"):
        path.unlink()

    done = migrate(report, "--alembic", ini, "--snapshot", snapshot, "--redact")
    redacted = versions(report.parent)
    assert len(plain) == 5 and list(redacted) == list(plain), "names and ids are the same"
    singing = {name for name, text in redacted.items() if CANARY.encode() in text}
    warned = [line for line in done.stderr.splitlines() if "stay, as" in line]
    assert len(singing) == len(warned) == 2
    assert all(any(name in line for line in warned) for name in singing)
    assert not any(NUMBER.encode() in text for text in redacted.values())
    for name, text in redacted.items():
        assert b"Redacted: reasons, texts and comments are given without values." in text
        assert (b"they are part of the index" in b" ".join(text.split())) is (name in singing)
    assert any(b"The comment of the index is left out" in b" ".join(text.split()) for text in redacted.values())
    for line in b"\n".join(redacted.values()).decode().splitlines():
        assert CANARY not in line or "postgresql_where" in line or "||" in line, "where the index needs it only"
    joined = [" ".join(text.decode().split()) for text in redacted.values()]
    [new] = [text for text in joined if "makes ix_old redundant" in text]
    assert "its key can raise" in new
    assert "note = $1" in new and "text left out" in new


@pytest.mark.parametrize("redact", [False, True])
def test_a_revision_of_statistics_shows_queries_without_values(redact: bool, tmp_path: Path) -> None:
    statistics = ExtendedStatistics.on("public", "events", ["kind", "note"], ["dependencies"])
    evidence = {"queries": list(TEXTS), "estimated_rows": 4, "rows_per_call": 900}
    found = Finding("f1", "STA002", "correlated-columns", "kind and note go together", "high", evidence=Facts(evidence),
                    statistics=statistics)  # fmt: skip
    (written,) = write_revisions((), environment(tmp_path), queries=TEXTS, findings=[found], redact=redact)
    text = written.source
    assert (CANARY in text or NUMBER in text) is not redact
    assert "text left out" in text or not redact


def test_plain_sql_names_the_constants_of_an_index(report: Path) -> None:
    chosen = [word for one in _proposals() if not one.replaces for word in ("--only", one.id)]
    printed = migrate(report, "--sql", "--redact", *chosen).stdout
    assert printed.count("they are part of the") == 2
    for line in printed.splitlines():
        assert CANARY not in line or "note = " in line or "||" in line
    bare = "\n".join(line for line in printed.splitlines() if "note = " not in line and "||" not in line)
    assert CANARY not in bare and NUMBER not in bare


def test_advise_writes_redacted_revisions(tmp_path: Path) -> None:
    ini = environment(tmp_path)
    (tmp_path / "schema.sql").write_text("CREATE TABLE events (id bigint PRIMARY KEY, kind bigint, note text);")
    (tmp_path / "statements.sql").write_text(
        f"SELECT * FROM events WHERE kind = {NUMBER} /* {CANARY} */; SELECT * FROM events WHERE kind IN (4, {NUMBER});"
        f"SELECT * FROM events WHERE kind = 5 AND note <> '{CANARY}';"
    )
    program = "from advisor.cli.main import main; main()"
    given = ["--isolated", "advise", "statements.sql", "--schema", "schema.sql", "--alembic", str(ini), "--redact"]
    command = [sys.executable, "-c", program, *given]
    refused = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert refused.returncode == 2 and "--write" in refused.stderr
    done = subprocess.run([*command, "--write"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = versions(tmp_path)
    assert written
    for text in written.values():
        assert CANARY.encode() not in text and NUMBER.encode() not in text
        assert b"Redacted:" in text
