"""Where the command runs: full disks, closed folders, many runs at once. An old file stays whole, one error says why."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from advisor.catalog.snapshot import save_snapshot, snapshot_from_files
from advisor.catalog.snapshots.pg_dump import TRAILER
from advisor.cli.main import main
from advisor.indexes.proposal import Advice
from advisor.output.render import render
from advisor.output.report import Report
from advisor.whole_file import write_whole
from advisor.workload.model import Workload
from tests.revisions.builders import definition, environment, proposal

for module in (
    "pipeline.straight_line",
    "cli.capture_command",
    "workload.collect",
    "workload.store",
    "workload.redact_workload",
    "twin.start",
):
    importlib.import_module(f"advisor.{module}")  # once, not in every process that is started below

SCHEMA = "CREATE TABLE events (id bigint PRIMARY KEY, kind bigint, note text);"
ADVISE = ("advise", "statements.sql", "--schema", "schema.sql")


def advisor(folder: Path, *arguments: str, **rest) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "advisor", "--isolated", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **rest)


def fill(event: str, given: tuple) -> None:
    """Let the disk be full from the first moment that something is written to the folder of outputs."""
    writes = event == "open" and isinstance(given[0], str | bytes) and given[2] & (os.O_WRONLY | os.O_RDWR)
    if writes and "out" in Path(os.fsdecode(given[0])).parts:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def start(folder: Path, *arguments: str, full: bool = False) -> tuple[int, int]:
    """Start the command in a process that has imported everything already; return its id and its output's pipe."""
    reader, writer = os.pipe()
    if child := os.fork():
        os.close(writer)
        return child, reader
    status = 70
    try:
        os.chdir(folder)
        for descriptor in (1, 2):
            os.dup2(writer, descriptor)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["advisor", "--isolated", *arguments]
        if full:
            sys.addaudithook(fill)
        main()
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def finish(started: tuple[int, int]) -> tuple[int, str]:
    """Wait for a command; return its exit status and what it printed."""
    with os.fdopen(started[1], "r") as output:
        printed = output.read()
    return os.waitstatus_to_exitcode(os.waitpid(started[0], 0)[1]), printed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    (tmp_path / "schema.sql").write_text(SCHEMA)
    (tmp_path / "statements.sql").write_text("SELECT * FROM events WHERE kind = 5;")
    (tmp_path / "other.sql").write_text("SELECT note FROM events WHERE id = 7;" * 20)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fails_alone(folder: Path, *arguments: str) -> None:
    """Run a command on a disk that is full: one error, the outputs of before byte for byte, nothing beside them."""
    before = contents(folder / "out")
    status, printed = finish(start(folder, *arguments, full=True))
    assert status == 2 and "Traceback" not in printed, printed
    [error] = [line for line in printed.splitlines() if line.startswith("error: ")]
    assert "File too large" in error and "out/" in error
    assert contents(folder / "out") == before


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("capture.json", ("capture", "statements.sql", "-o", "out/capture.json")),
        ("capture.zst", ("capture", "statements.sql", "-o", "out/capture.zst")),
        ("report.html", (*ADVISE, "--output-file", "out/report.html")),
        ("saved.json", (*ADVISE, "--save", "out/saved.json")),
        ("plans.json", ("check", *ADVISE[1:], "--update-baseline", "--baseline", "out/plans.json")),
        ("report.schema.json", ("schema", "--write", "out")),
        ("BAT001-row-by-row-insert.md", ("rule", "--write", "out")),
    ],
)
def test_a_full_disk_leaves_the_old_file(folder: Path, name: str, arguments: tuple[str, ...]) -> None:
    if name != "plans.json":  # one that is no baseline is refused first
        (folder / "out" / name).write_text("what was there\n")
    fails_alone(folder, *arguments)


def test_a_full_disk_leaves_the_old_snapshot(folder: Path) -> None:
    for place, text in (("new", SCHEMA), ("out/prod", "CREATE TABLE old (id int);")):
        (folder / "dump.sql").write_text(f"{text}\n--\n{TRAILER}\n--\n")
        save_snapshot(snapshot_from_files(folder / "dump.sql"), folder / place)
    fails_alone(folder, "snapshot", "new", "-o", "out/prod", "--redact")


def test_a_full_disk_leaves_no_revision(folder: Path) -> None:
    ini = environment(folder / "out")
    given = Report(Workload(()), Advice((proposal(definition("events", "kind")),)))
    (folder / "report.json").write_text(render(given, "json"))
    fails_alone(folder, "migrate", "report.json", "--alembic", str(ini))


def without_rights() -> None:
    """Give up root's right to write everywhere, so that permissions hold for it as for everybody."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability)


def test_closed_folders(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir()
    (closed / "old.json").write_text("what was there, and longer than what comes" * 100)
    closed.chmod(0o555)
    refused = advisor(folder, "capture", "statements.sql", "-o", "closed/new.json", preexec_fn=without_rights)
    assert (refused.returncode, refused.stderr.count("error: ")) == (2, 1), refused.stderr
    assert "cannot be written" in refused.stderr and "Traceback" not in refused.stderr
    written = advisor(closed, "capture", "../statements.sql", "-o", "old.json", preexec_fn=without_rights)
    assert written.returncode == 0, written.stderr
    assert json.loads((closed / "old.json").read_bytes())
    fine = advisor(closed, "capture", "../statements.sql", "-o", "../out/new.json", preexec_fn=without_rights)
    assert fine.returncode == 0, fine.stderr
    assert sorted(contents(closed)) == ["old.json"]


def test_eight_runs_at_once_write_one_file_and_the_last_wins(folder: Path) -> None:
    alone = set()
    for name in ("statements.sql", "other.sql"):
        assert finish(start(folder, "capture", name, "-o", f"out/{name}.json", "--jobs", "1"))[0] == 0
        alone.add((folder / "out" / f"{name}.json").read_bytes())
    names = ["statements.sql", "other.sql"] * 4
    runs = [start(folder, "capture", name, "-o", "out/one.json", "--jobs", "1") for name in names]
    ended = [finish(run) for run in runs]
    assert [status for status, _ in ended] == [0] * 8, ended
    assert (folder / "out" / "one.json").read_bytes() in alone
    assert len(contents(folder / "out")) == 3


def test_a_reader_never_sees_half_of_two_writers_files(tmp_path: Path) -> None:
    target, whole = tmp_path / "one", {b"a" * 300_000, b"b" * 200_000}
    write_whole(target, min(whole))
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(lambda data: [write_whole(target, data) for _ in range(100)], data) for data in whole]
        while not all(one.done() for one in done):
            assert target.read_bytes() in whole
        assert [len(one.result()) for one in done] == [100, 100]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
