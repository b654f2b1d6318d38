"""From a report to proven revisions on the command line, on a snapshot a real server gave."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import IndexKey
from advisor.catalog.snapshots.folder import save_snapshot
from advisor.catalog.snapshots.take import take_snapshot
from advisor.cli.migrate_command import command as migrate
from advisor.cli.verify_command import command as verify
from advisor.errors import AdvisorError, InputError, ProofError, RevisionError, UsageError
from advisor.indexes.proposal import Advice
from advisor.output.render import render
from advisor.output.report import Report
from advisor.rules.finding import Finding
from advisor.rules.sta.correlated_columns import CorrelatedColumnsEvidence
from advisor.workload.model import Query, Workload
from tests.revisions.builders import alembic, definition, environment, index_names, proposal, versions

TABLE = """
CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date, note text);
CREATE INDEX ix_old ON events (kind);
"""
STATISTICS = ExtendedStatistics.on("public", "events", ["kind", "at"], ["dependencies", "mcv"])
EVIDENCE = CorrelatedColumnsEvidence(
    calls=10.0, columns=["at", "kind"], kinds=["dependencies"], estimated_rows=2.0, highest_estimate=2.0,
    rows_per_call=5000.0, q_error=2500.0, basis="captured", statements_planned=1, queries=["q1"],
)  # fmt: skip
FINDING = Finding(
    "f1", "STA002", "correlated-columns", "at, kind of events correlate: 2 rows expected, 5,000 came", "high",
    table="public.events", query="q1", evidence=EVIDENCE, statistics=STATISTICS,
)  # fmt: skip
PROPOSALS = (
    proposal(definition("events", "kind", IndexKey.of("at", descending=True)), "replace", replaces=("ix_old",)),
    proposal(definition("events", IndexKey.of("note", opclass="gin_trgm_ops"), method="gin"), requires=("pg_trgm",)),
)


@pytest.fixture
def report(tmp_path):
    query = Query("q1", "q1", "SELECT * FROM events WHERE kind = $1 ORDER BY at DESC", 10.0, 50.0, 5.0)
    path = tmp_path / "report.json"
    workload = Workload((query,), begin=1_700_000_000.0, end=1_700_003_600.0)
    path.write_text(render(Report(workload, Advice(PROPOSALS), (FINDING,)), "json"))
    return path


@pytest.fixture
def snapshot(tmp_path, server, database, connection):
    connection.execute(TABLE)
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "snapshot")
    return tmp_path / "snapshot"


@pytest.fixture
def ini(tmp_path):
    return environment(tmp_path)


def run(command, *arguments, error: type[AdvisorError] | None = None):
    result = CliRunner().invoke(command, [str(argument) for argument in arguments])
    if error:
        assert isinstance(result.exception, error), result.output
        return str(result.exception)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_report_becomes_revisions_and_these_are_proven(report, snapshot, ini):
    written = run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    files = versions(ini.parent)
    assert len(files) == 5 and all(f"versions/{name}" in written.stdout for name in files)
    assert "sa.Index(" in written.stdout
    assert all(b"Create Date: 2023-11-14 23:13:20" in text for text in files.values())
    again = run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    assert again.stdout == "" and again.stderr.count("already does this") == 5
    assert versions(ini.parent) == files
    proven = run(verify, "--alembic", ini, "--snapshot", snapshot)
    assert proven.exit_code == 0, proven.stdout
    assert proven.stdout.count("proven\n") == 4 and "heals" in proven.stdout
    assert STATISTICS.name in proven.stdout


def test_the_environment_of_the_team_is_never_run(report, snapshot, ini):
    run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    (ini.parent / "migrations" / "env.py").write_text("raise SystemExit('env.py was run')\n")
    assert run(verify, "--alembic", ini, "--snapshot", snapshot).exit_code == 0


def test_a_bad_hand_written_revision_is_found_out(snapshot, ini):
    alembic(ini.parent, "revision", "-m", "unsafe")
    (path,) = (ini.parent / "migrations" / "versions").glob("*.py")
    unsafe = 'op.create_index("ix_unsafe", "events", ["at"])'
    path.write_text(path.read_text().replace("pass", unsafe, 1).replace("pass", 'op.drop_index("ix_unsafe")', 1))
    found = run(verify, "--alembic", ini, "--snapshot", snapshot)
    assert found.exit_code == 1
    assert "require-concurrent-index-creation" in found.stdout


def test_a_revision_that_does_not_heal_is_found_out(snapshot, ini):
    alembic(ini.parent, "revision", "-m", "does not heal")
    (path,) = (ini.parent / "migrations" / "versions").glob("*.py")
    up = 'with op.get_context().autocommit_block():\n        op.create_index("ix_new", "events", ["at"], '
    up += "postgresql_concurrently=True, if_not_exists=True)"
    path.write_text(path.read_text().replace("pass", up, 1).replace("pass", 'op.drop_index("ix_new")', 1))
    found = run(verify, "--alembic", ini, "--snapshot", snapshot)
    assert found.exit_code == 1
    assert "NO  heals" in found.stdout


def test_only_part_of_the_range_is_proven(report, snapshot, ini):
    run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    first = next(iter(sorted(ini.parent.glob("migrations/versions/*_events_kind_*")))).name.split("_")[0]
    proven = run(verify, "--alembic", ini, "--snapshot", snapshot, "--revisions", f":{first}")
    assert proven.stdout.count("proven\n") == 1 and first in proven.stdout


def test_plain_sql_needs_no_alembic(report, snapshot):
    printed = run(migrate, report, "--sql", "--snapshot", snapshot).stdout
    assert "CREATE INDEX CONCURRENTLY IF NOT EXISTS" in printed
    assert "DROP INDEX CONCURRENTLY IF EXISTS public.ix_old;" in printed
    assert f"{STATISTICS.ddl};\nANALYZE public.events;\n" in printed


def test_diff_shows_the_files_and_writes_none(report, snapshot, ini):
    printed = run(migrate, report, "--alembic", ini, "--snapshot", snapshot, "--diff").stdout
    assert "+def upgrade() -> None:" in printed and versions(ini.parent) == {}


def test_only_chooses_and_knows_what_there_is(report, ini):
    name = PROPOSALS[1].name
    run(migrate, report, "--alembic", ini, "--only", name)
    assert len(versions(ini.parent)) == 2
    run(migrate, report, "--alembic", ini, "--only", STATISTICS.name)
    (added,) = [text for text in versions(ini.parent).values() if b"CREATE STATISTICS" in text]
    assert b"at, kind of events correlate: 2 rows expected" in added
    assert name in run(migrate, report, "--alembic", ini, "--only", "nosuch", error=UsageError)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is not JSON"),
        ("\x00\xff", "is not JSON"),
        ("[]", "$: expected object, got array"),
        ('{"proposals": []}', "$: lacks schema_version"),
        ('{"schema_version": "2.0"}', "$.schema_version: version 2.0; this pgadvisor reads 1.1"),
        ('{"schema_version": "1.7", "proposals": [{}]}', "$.proposals[0]: lacks id"),
        ('{"schema_version": "1.0", "proposals": ["x"]}', "$.proposals[0]: expected object, got str"),
    ],
)
def test_a_bad_report_is_one_clear_error(tmp_path, text, complaint):
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="latin-1")
    message = run(migrate, path, error=InputError)
    assert complaint in message and str(path) in message


def test_a_report_of_another_shape_names_what_is_wrong(report):
    document = json.loads(report.read_text())
    document["proposals"][0]["action"] = "rename"
    report.write_text(json.dumps(document))
    assert "$.proposals[0].action: invalid enum value 'rename'" in run(migrate, report, error=InputError)
    document["proposals"], document["findings"][0]["statistics"] = [], {"name": "st"}
    report.write_text(json.dumps(document))
    assert "$.findings[0].statistics: lacks schema" in run(migrate, report, error=InputError)


def test_other_mistakes_are_clear_errors_too(report, snapshot, ini, tmp_path):
    assert "no such file" in run(migrate, tmp_path / "nosuch.json", error=InputError)
    assert "no Alembic configuration" in run(migrate, report, "--alembic", tmp_path / "no.ini", error=RevisionError)
    assert "give the schema" in run(migrate, report, "--alembic", ini, error=RevisionError)
    assert "has a colon" in run(verify, "--snapshot", snapshot, "--alembic", ini, "--revisions", "x", error=UsageError)
    assert "need INPUTS" in run(verify, "--snapshot", snapshot, "--report", report, error=UsageError)
    assert "no revision between" in run(verify, "--snapshot", snapshot, "--alembic", ini, error=RevisionError)


ROWS = "INSERT INTO events SELECT n, 'k' || n % 5000, '2024-01-01', 'note' FROM generate_series(1, 100000) n"
CSV = """query,calls,total_exec_time,mean_exec_time,rows,dbid,userid,queryid
"SELECT * FROM events WHERE kind = $1 ORDER BY at DESC",100,5000,50,100,1,1,11
"INSERT INTO events (id, kind) VALUES ($1, $2)",10,1,0.1,10,1,1,12
"""


def test_run_times_on_a_copy_with_rows(report, snapshot, ini, server, database, connection, tmp_path):
    connection.execute(ROWS)
    connection.execute("VACUUM ANALYZE events")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "with-rows")
    connection.close()
    (tmp_path / "statements.csv").write_text(CSV)
    run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    given = [tmp_path / "statements.csv", "--alembic", ini, "--snapshot", tmp_path / "with-rows", "--seconds", "2"]
    measured = run(verify, *given, "--data", server.url(database))
    assert measured.exit_code == 0 and "p95" in measured.stdout
    assert "1 queries were not timed" in measured.stdout
    with server.connect(database) as looking:
        assert index_names(looking, "events") == [("ix_old", True)]
        copies = looking.execute("SELECT FROM pg_database WHERE datname LIKE 'advisor_copy%'").fetchall()
    assert copies == []


def test_a_database_in_use_cannot_be_copied_and_says_so(report, snapshot, ini, server, database, connection, tmp_path):
    (tmp_path / "statements.csv").write_text(CSV)
    run(migrate, report, "--alembic", ini, "--snapshot", snapshot)
    given = [tmp_path / "statements.csv", "--alembic", ini, "--snapshot", snapshot, "--data", server.url(database)]
    message = run(verify, *given, error=ProofError)
    assert f"it is in use by {connection.info.backend_pid}" in message and "end these sessions" in message


def test_rows_are_made_where_there_is_no_copy(report, snapshot, ini, server, database, connection, tmp_path):
    connection.execute(ROWS)
    connection.execute("VACUUM ANALYZE events")
    save_snapshot(take_snapshot(server.url(database)), tmp_path / "with-rows")
    (tmp_path / "statements.csv").write_text(CSV)
    run(migrate, report, "--alembic", ini, "--snapshot", snapshot, "--only", PROPOSALS[0].name)
    given = [tmp_path / "statements.csv", "--alembic", ini, "--snapshot", tmp_path / "with-rows", "--seconds", "2"]
    measured = run(verify, *given, "--rows", "30000")
    assert measured.exit_code == 0, measured.stdout
    assert "30,000 rows made from the statistics" in measured.stdout and "heals" in measured.stdout
    assert "Verdicts on rows" in measured.stdout, measured.stdout
    assert "p95" in measured.stdout


def test_a_copy_and_made_rows_exclude_each_other(snapshot, ini):
    given = ["x.csv", "--alembic", ini, "--snapshot", snapshot]
    assert "exclude" in run(verify, *given, "--rows", "9", "--data", "postgresql:///x", error=UsageError)
    assert "need --report, --data or --rows" in run(verify, *given, error=UsageError)
