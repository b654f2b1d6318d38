"""A process that reads for us and is killed, for want of memory say, is one clear error; none outlives its parent."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from advisor.capture.detect import detect
from advisor.capture.files.source import expand
from advisor.errors import WorkerError
from advisor.workload.counting.partial_aggregates import Entry, Kept
from advisor.workload.engines.block import Spec
from advisor.workload.engines.logs import log_of
from advisor.workload.engines.workers import Workers

LINES = "2026-01-01 00:00:00.000 UTC [7] LOG:  duration: 1.000 ms  statement: SELECT 1\n" * 50
ENDS_AT_ONCE = """
import os, sys, time
from advisor.workload.engines.workers import Workers
workers = Workers(2)
workers.start()
print(workers.process.pid, flush=True)
time.sleep(float(sys.argv[1]))
os.kill(os.getpid(), 9)
"""

NO_FILES_LEFT = """
import resource
from advisor.errors import WorkerError
from advisor.workload.engines.workers import Workers
resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
try:
    with Workers(4) as workers:
        workers.start()
except WorkerError as error:
    print(error)
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    path = tmp_path / "server.log"
    path.write_text(LINES)
    source = expand([str(path)])[0]
    return Spec(0, log_of(source, detect(source.head(), source.name), None).reader, ())


@pytest.fixture
def workers() -> Iterator[Workers]:
    with Workers(2) as workers:
        yield workers


def forked(workers: Workers) -> list[psutil.Process]:
    assert workers.process is not None
    return psutil.Process(workers.process.pid).children()


def test_a_killed_worker_is_an_error_that_says_so_and_the_others_go_on(workers: Workers, spec: Spec) -> None:
    for _ in range(4):
        assert workers.submit(spec, LINES.encode(), len(LINES)).result().records == 50
    forked(workers)[0].kill()
    outcomes = [workers.submit(spec, LINES.encode(), len(LINES)).exception() for _ in range(2)]
    assert sorted(type(outcome) for outcome in outcomes if outcome) == [WorkerError]
    assert any("ended before it was done" in str(outcome) for outcome in outcomes)


def test_what_reading_raised_is_raised_here(workers: Workers, spec: Spec) -> None:
    broken = Spec(0, spec.reader, ("no.such.envelope",))
    with pytest.raises(ModuleNotFoundError):
        workers.submit(broken, LINES.encode(), len(LINES)).result()


def test_a_system_that_allows_no_more_is_one_clear_error() -> None:
    done = subprocess.run([sys.executable, "-c", NO_FILES_LEFT], capture_output=True, text=True, check=True)
    assert "no process could be started to read a log: Too many open files" in done.stdout
    assert "--jobs 1" in done.stdout and not done.stderr


def test_an_entry_is_the_same_after_it_travelled() -> None:
    entry = Entry(b"SELECT 1", "f", None, 3, 3, 9, 1, Kept(1, b"a", b"b", 5), 7, 1)
    entry.histogram[4] += 2
    entry.kept = [Kept(3, b"x", None, 1), Kept(5, b"y", b"", 2), Kept(6, b"with\0zero", b"z", 3)]
    entry.origins[b"u", b"a"] += 1
    entry.failures["no such table"] += 1
    entry.cancelled = 1
    for kept in (entry.kept, entry.kept[:1], []):
        entry.kept = kept
        again = pickle.loads(pickle.dumps(entry))
        assert again == entry and type(again.histogram) is Counter and all(isinstance(one, Kept) for one in again.kept)


def test_no_process_is_left_however_soon_they_are_stopped() -> None:
    for wait in (0.0, 0.1, 0.3, 0.6):
        with Workers(3) as workers:
            workers.start()
            time.sleep(wait)
            assert workers.process is not None
            group = workers.process.pid
        assert workers.process is None
        assert not _runs(group)


@pytest.mark.parametrize("after", ["0", "0.2", "1"])
def test_workers_end_with_a_parent_that_is_killed(after: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ENDS_AT_ONCE, after], stdout=subprocess.PIPE, text=True)
    pid = int(parent.communicate()[0])
    deadline = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(pid)


def _runs(group: int) -> list[psutil.Process]:
    """Return the processes of a group that still run, those that only wait to be reaped left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found
