"""Runs workers side by side, kills one that hangs, and keeps what failed."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzz.attempt import drawn
from benchmarks.fuzz.worker import UNDER_TEST

HANG = 10.0
"""Seconds of processor time after which an input counts as a hang, and its worker is killed."""

STUCK = 120.0
"""Seconds by the clock after which it does, whatever it waits for."""

TICKS = os.sysconf("SC_CLK_TCK")

KEPT = 3
"""Inputs kept of each failure."""


@dataclass
class Failure:
    """One way to fail, with the first inputs that did."""

    kind: str
    target: str
    text: str
    count: int = 0
    numbers: list[int] = field(default_factory=list)


@dataclass
class Tally:
    """What came of all inputs."""

    counts: Counter[str] = field(default_factory=Counter)
    peaks: dict[str, float] = field(default_factory=dict)
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)

    def of(self, target: str, what: str) -> int:
        """Return one count of a target."""
        return self.counts[f"{target}|{what}"]

    def fail(self, kind: str, key: str, target: str, number: int, text: str) -> None:
        """Take in one failure."""
        failure = self.failures.setdefault((kind, key), Failure(kind, target, text))
        failure.count += 1
        if len(failure.numbers) < KEPT:
            failure.numbers.append(number)


class Worker:
    """One worker process, the file it shares with us and the lines it sends."""

    def __init__(self, task: dict[str, Any], folder: Path) -> None:
        self.task = task
        self.shared = folder / "under-test"
        self.shared.write_bytes(UNDER_TEST.pack(-1, 0.0, 0.0))
        reading, writing = os.pipe()
        task = {**task, "folder": str(folder), "shared": str(self.shared)}
        command = [sys.executable, "-m", "benchmarks.fuzz.worker", json.dumps(task), str(writing)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), os.environ.get("PYTHONPATH", "")])}
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(
            command,
            pass_fds=[writing],
            stdin=quiet,
            stdout=quiet,
            stderr=(folder / "stderr").open("wb"),
            env=environment,
        )
        os.close(writing)
        self.lines = os.fdopen(reading, "rb", 0)
        self.rest = b""
        self.next = int(task["first"])

    def received(self) -> Iterator[dict[str, Any]]:
        """Yield what it has sent; nothing more once it has ended."""
        part = os.read(self.lines.fileno(), 1 << 20)
        *whole, self.rest = (self.rest + part).split(b"\n")
        yield from map(json.loads, whole)
        if not part:
            yield {"ended": True}

    def under_test(self) -> tuple[int, bool, bool]:
        """Return the number of the last input, whether it is under test, and whether that takes too long."""
        number, began, used = UNDER_TEST.unpack(self.shared.read_bytes())
        waited = time.monotonic() - began if began else 0.0
        late = bool(began) and (waited > STUCK or (waited > HANG and self._used() - used > HANG))
        return number, bool(began), late

    def _used(self) -> float:
        """Return the seconds of processor time that the process has used."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / TICKS


class Campaign:
    """All workers of one run."""

    def __init__(self, seed: int, targets: Sequence[str], jobs: int, until: float, stop: int, server: str) -> None:
        self.seed, self.targets, self.jobs = seed, tuple(targets), jobs
        self.task = {
            "seed": seed,
            "targets": list(targets),
            "step": jobs,
            "until": until,
            "stop": stop,
            "server": server,
        }
        self.tally = Tally()
        self.selector = selectors.DefaultSelector()
        self.folders: list[tempfile.TemporaryDirectory[str]] = []

    def run(self) -> Tally:
        """Return what came of it once the time is up or the last input is tried."""
        try:
            for first in range(self.jobs):
                self._start(first)
            while self.selector.get_map():
                for key, _ in self.selector.select(0.5):
                    self._take(key.data)
                for key in list(self.selector.get_map().values()):
                    self._watch(key.data)
        finally:
            for key in list(self.selector.get_map().values()):
                key.data.process.kill()
            for folder in self.folders:
                folder.cleanup()
        return self.tally

    def _start(self, first: int) -> None:
        self.folders.append(tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory()))
        worker = Worker({**self.task, "first": first}, Path(self.folders[-1].name))
        self.selector.register(worker.lines, selectors.EVENT_READ, worker)

    def _take(self, worker: Worker) -> None:
        for said in worker.received():
            if "counts" in said:
                self.tally.counts.update(said["counts"])
                for target, megabytes in said["peaks"].items():
                    self.tally.peaks[target] = max(self.tally.peaks.get(target, 0.0), megabytes)
                worker.next = said["next"]
            elif "kind" in said:
                self.tally.fail(said["kind"], said["key"], said["target"], said["number"], said["text"])
                worker.next = said["number"] + self.jobs
            else:
                self._ended(worker)

    def _watch(self, worker: Worker) -> None:
        """Kill a worker whose input takes too long."""
        number, _, late = worker.under_test()
        if late:
            target, _ = drawn(self.seed, number, self.targets)
            self.tally.fail("hang", target.name, target.name, number, f"no answer in {HANG:.0f} s")
            self.tally.counts.update({f"{target.name}|tried": 1, f"{target.name}|hang": 1})
            worker.next = number + self.jobs
            worker.process.kill()

    def _ended(self, worker: Worker) -> None:
        """Start the next worker in the place of one that has ended, been killed or died."""
        self.selector.unregister(worker.lines)
        worker.lines.close()
        status = worker.process.wait()
        number, busy, _ = worker.under_test()
        if busy and number >= worker.next:
            target, _ = drawn(self.seed, number, self.targets)
            said = (worker.shared.parent / "stderr").read_text(errors="replace")[-2000:]
            self.tally.fail("died", target.name, target.name, number, f"the process ended with {status}: {said}")
            self.tally.counts.update({f"{target.name}|tried": 1, f"{target.name}|died": 1})
            worker.next = number + self.jobs
        elif number < 0:
            raise SystemExit((worker.shared.parent / "stderr").read_text(errors="replace"))
        if time.time() < self.task["until"] and worker.next < self.task["stop"]:
            self._start(worker.next)


def memory() -> str | None:
    """Return a folder that lies in memory, where there is one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@contextmanager
def server_for_all(needed: bool) -> Iterator[str]:
    """Start one throw-away server with the schema of the corpus; give its URL, or nothing when it is not needed."""
    if not needed:
        yield ""
        return
    from advisor.twin.servers.server import Server, embedded_binaries
    from benchmarks.fuzz.record import SCHEMA

    with Server(embedded_binaries()) as server:
        with server.connect() as connection:
            connection.execute(SCHEMA)
        yield server.url()
