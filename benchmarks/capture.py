"""Capture speed: MB/s and memory on logs of a real pgbench run, next to pgBadger on the same file.

    python -m benchmarks.capture [--gigabytes 1] [--flat 4] [--formats stderr,csv,json] [--jobs 1,2] [--pgbadger 1,2]

The log is that of one pgbench run, repeated with later times and other sessions until it is large enough. Seconds are the
median of three runs, two before pgBadger's and one after it: the speed of a shared machine drifts. What compares two of
our own runs is the median of pairs of runs, one right after the other: five with and without loops, nine with one job and
several, whose ratio moves by a tenth from pair to pair.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil
from tabulate import tabulate

from advisor.twin.servers.server import Server, embedded_binaries

PREFIX = "%m [%p] %q%u@%d %a %c %v "
ENDINGS = {"stderr": "log", "csv": "csv", "json": "json"}
PGBADGER = {"stderr": "stderr", "csv": "csv", "json": "jsonlog"}
RUN = "import sys; from advisor.workload.collect import collect; w = collect([sys.argv[1]], jobs=int(sys.argv[2])); print(int(sum(i.executions for i in w.inputs)))"
NO_LOOPS = (
    "from advisor.workload import sessions; sessions.BlockSteps.find = lambda self, coded: sessions.BlockLoops(); "
    + RUN
)


def original(folder: Path) -> None:
    """Write the log of a pgbench run, simple and prepared protocol, in all three formats."""
    settings = {
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog",
        "log_min_duration_statement": "0",
        "log_directory": "log",
        "log_filename": "pg.log",
        "log_rotation_size": "0",
        "log_line_prefix": PREFIX,
    }
    with Server(embedded_binaries(), settings) as server:
        server.run("pgbench", "-i", "-s", "5", "postgres")
        for mode in ("simple", "prepared"):
            server.run("pgbench", "-c", "8", "-j", "2", "-t", "1000", "-M", mode, "postgres")
        server.run("pgbench", "-c", "4", "-j", "2", "-t", "6000", "-S", "postgres")
        time.sleep(0.5)
        for ending in ENDINGS.values():
            shutil.copy(server.data / "log" / f"pg.{ending}", folder / f"pg.{ending}")


def repeated(source: Path, target: Path, size: int) -> None:
    """Write a log of at least `size` bytes: the original again and again, each time later and in other sessions."""
    text = source.read_bytes()
    minutes = sorted(set(re.findall(rb"\d{4}-\d\d-\d\d \d\d:\d\d:", text)))
    sessions = sorted(set(re.findall(rb"\b[0-9a-f]{8}(?=\.[0-9a-f]+[ ,\"])", text)))
    with target.open("wb") as stream:
        number = 0
        while stream.tell() < size:
            copy = text
            for place, minute in enumerate(minutes):
                at = number * len(minutes) + place
                day, hour, new = at // 1440, at // 60 % 24, at % 60
                copy = copy.replace(minute, b"2030-%02d-%02d %02d:%02d:" % (1 + day // 28, 1 + day % 28, hour, new))
            for session in sessions:
                copy = copy.replace(session, b"%08x" % ((int(session, 16) + 977 * number) & 0xFFFFFFFF))
            stream.write(copy)
            number += 1


def timed(command: Sequence[str]) -> tuple[float, str]:
    """Run a command; return seconds and its output. Nobody looks at its memory meanwhile: that would slow it."""
    begin = time.perf_counter()
    process = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with status {process.returncode}")
    return time.perf_counter() - begin, process.stdout


def peak_memory(command: Sequence[str]) -> float:
    """Run a command; return the peak memory of it and its children in MB (proportional)."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = [0]

    def watch() -> None:
        parent = psutil.Process(process.pid)
        while process.poll() is None:
            total = 0
            try:
                for one in (parent, *parent.children(recursive=True)):
                    total += one.memory_full_info().pss
            except (psutil.Error, ProcessLookupError):
                continue
            peak[0] = max(peak[0], total)
            time.sleep(0.2)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with status {process.returncode}")
    return peak[0] / 1e6


def ours(log: Path, jobs: int, program: str = RUN) -> list[str]:
    """Return the command of one capture, which prints its executions."""
    return [sys.executable, "-c", program, str(log), str(jobs)]


def pgbadger(log: Path, form: str, jobs: int, folder: Path) -> float | None:
    """Return the seconds pgBadger takes for the same file, `None` when it is not installed."""
    if shutil.which("pgbadger") is None:
        return None
    command = ["pgbadger", "-q", "-f", PGBADGER[form], "-j", str(jobs), "-o", str(folder / "out.json"), str(log)]
    return timed([*command[:2], *(["-p", PREFIX] if form == "stderr" else []), *command[2:]])[0]


def log_of(form: str, gigabytes: float, folder: Path) -> Path:
    """Return a log of that size, written when it is not there yet."""
    source = folder / f"pg.{ENDINGS[form]}"
    if not source.exists():
        original(folder)
    log = folder / f"{gigabytes:g}.{ENDINGS[form]}"
    if not log.exists():
        repeated(source, log, int(gigabytes * 1e9))
    return log


def numbers(text: str) -> list[int]:
    """Return the numbers of a comma-separated list."""
    return [int(part) for part in text.split(",") if part]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--flat", type=float, default=4.0, help="size of the log that shows memory stays flat; 0: none")
    parser.add_argument("--formats", default="stderr,csv,json")
    parser.add_argument("--jobs", type=numbers, default=[1, 2])
    parser.add_argument("--pgbadger", type=numbers, default=[1, 2], help="jobs with which pgBadger runs, too")
    parser.add_argument("--folder", type=Path, help="where logs are, or are kept; a temporary folder when not given")
    parser.add_argument("--only-logs", action="store_true", help="write the logs and stop")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as name:
        folder = options.folder or Path(name)
        rows: list[list[object]] = []
        for form in options.formats.split(","):
            log = log_of(form, options.gigabytes, folder)
            flat = log_of(form, options.flat, folder) if options.flat and form == "stderr" else None
            if not options.only_logs:
                rows.extend(_rows(form, log, flat, options))
        head = [
            "log", "MB", "jobs", "s", "MB/s", "executions/s", "peak MB", "pgBadger s", "ratio", "loops add", "of 1 job",
        ]  # fmt: skip
        print(tabulate(rows, head, floatfmt=".1f", missingval="", tablefmt="github"))


def _rows(form: str, log: Path, flat: Path | None, options: argparse.Namespace) -> list[list[object]]:
    rows: list[list[object]] = []
    for jobs in options.jobs:
        rows.append(_row(form, log, jobs, jobs in options.pgbadger, jobs == 1))
    if flat is not None:
        rows.append(_row(form, flat, max(options.jobs), False, False))
    return rows


def _row(form: str, log: Path, jobs: int, compared: bool, loops: bool) -> list[object]:
    size = log.stat().st_size / 1e6
    runs = [timed(ours(log, jobs)) for _ in range(2)]
    added = median(_added(log, jobs) for _ in range(5)) if loops else None
    peak = peak_memory(ours(log, jobs))
    with tempfile.TemporaryDirectory() as out:
        other = pgbadger(log, form, jobs, Path(out)) if compared else None
    runs.append(timed(ours(log, jobs)))
    seconds, output = median(run[0] for run in runs), runs[0][1]
    row: list[object] = [form, size, jobs, seconds, size / seconds, int(output) / seconds, peak, other]
    row += [other / seconds if other else None, f"{added:+.0%}" if added is not None else None]
    row.append(f"{median(_gained(log, jobs) for _ in range(9)):.2f}" if compared and jobs > 1 else None)
    print(row, file=sys.stderr, flush=True)
    return row


def _added(log: Path, jobs: int) -> float:
    """Return what share loops add to a capture, run right after one without: the machine's speed drifts."""
    bare, _ = timed(ours(log, jobs, NO_LOOPS))
    return timed(ours(log, jobs))[0] / bare - 1


def _gained(log: Path, jobs: int) -> float:
    """Return how many times as fast as with one job a capture is, run right after one."""
    alone, _ = timed(ours(log, 1))
    return alone / timed(ours(log, jobs))[0]


if __name__ == "__main__":
    main()
