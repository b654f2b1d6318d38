"""Memory that one large input may take: `python -m benchmarks.large_inputs [--megabytes 1000] [--jobs N] [--only NAME]`.

Makes files that no server writes, each as large as asked for, reads them with `advisor capture`, and prints how it ended,
in how much time, and the peak memory of the largest of its processes. Exit status 1 when one took a gigabyte or ended
in a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tabulate import tabulate

STAMP = "2026-11-01 10:{:02}:{:02}.{:03} UTC [{}] app@prod LOG:  "
GIGABYTE = 1000.0
"""Megabytes that no process may take."""


def one_line() -> Iterator[str]:
    """A single line of text without an end."""
    while True:
        yield "x" * 65536


def one_statement() -> Iterator[str]:
    """One record whose statement does not end."""
    yield STAMP.format(0, 0, 0, 7) + "statement: SELECT 1 WHERE a = '"
    while True:
        yield "x" * 65536 + "\n\t"


def one_list() -> Iterator[str]:
    """One statement with a list of values that does not end."""
    yield STAMP.format(0, 0, 0, 7) + "duration: 1.0 ms  statement: SELECT 1 WHERE a IN (1"
    for number in count():
        yield f", {number}"


def all_new_statements() -> Iterator[str]:
    """Records of which no two are the same query."""
    for number in count():
        when = STAMP.format(number // 60000 % 60, number // 1000 % 60, number % 1000, number % 90)
        yield f"{when}duration: 1.0 ms  statement: SELECT c{number} FROM t{number} WHERE k{number} = {number}\n"


def all_new_sessions() -> Iterator[str]:
    """Records each by a process, a user and a database of its own."""
    for number in count():
        when = f"2026-11-01 10:{number // 60000 % 60:02}:{number // 1000 % 60:02}.{number % 1000:03} UTC"
        yield f"{when} [{number}] u{number}@d{number} LOG:  duration: 1.0 ms  statement: SELECT 1\n"


def all_new_values() -> Iterator[str]:
    """Records of one query with long values, each another."""
    for number in count():
        when = STAMP.format(number // 60000 % 60, number // 1000 % 60, number % 1000, 7)
        yield f"{when}duration: 1.0 ms  statement: SELECT * FROM t WHERE k = '{number}{'v' * 2000}'\n"


def json_lines() -> Iterator[str]:
    """A jsonlog of new statements."""
    for number in count():
        fields = {"timestamp": f"2026-11-01 10:00:{number % 60:02}.000 UTC", "user": "app", "dbname": "prod", "pid": number % 90,
                  "session_id": f"5f{number % 90:x}.1", "error_severity": "LOG", "backend_type": "client backend",
                  "message": f"duration: 1.0 ms  statement: SELECT c{number} FROM t"}  # fmt: skip
        yield json.dumps(fields) + "\n"


def statements_file() -> Iterator[str]:
    """A file of statements without a log around them."""
    for number in count():
        yield f"SELECT c{number} FROM t{number} WHERE k = {number};\n"


def export_rows() -> Iterator[str]:
    """A CSV export of pg_stat_statements."""
    yield "userid,dbid,queryid,query,calls,total_exec_time,rows\n"
    for number in count():
        yield f"10,5,{number},SELECT c{number} FROM t{number} WHERE k = $1,{number},{number},{number}\n"


def nothing_but_nul() -> Iterator[str]:
    """What a power cut leaves."""
    while True:
        yield "\0" * 65536


INPUTS: dict[str, Callable[[], Iterator[str]]] = {
    made.__name__.replace("_", " "): made
    for made in (one_line, one_statement, one_list, all_new_statements, all_new_sessions, all_new_values, json_lines,
                 statements_file, export_rows, nothing_but_nul)
}  # fmt: skip


def write(path: Path, parts: Iterator[str], size: int) -> None:
    """Write so many bytes of the parts."""
    left = size
    with path.open("w", encoding="utf-8", newline="") as file:
        for part in parts:
            file.write(part[:left])
            left -= len(part)
            if left <= 0:
                return


def read(path: Path, jobs: int) -> tuple[int, float, float, str]:
    """Return exit status, seconds, peak megabytes of one process and the last line said."""
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "advisor",
        "capture",
        str(path),
        "-q",
        "--jobs",
        str(jobs),
        "-o",
        str(path) + ".json.zst",
    ]
    with tempfile.TemporaryFile("w+") as said:
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().strip().splitlines() or [""]
    told = "traceback" if any(line.startswith("Traceback") for line in lines) else lines[0]
    return child.returncode, time.monotonic() - began, usage.ru_maxrss / 1024, told


def main() -> int:
    """Read every input and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_inputs")
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", help="names or beginnings of names, separated by commas")
    options = parser.parse_args()
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory(prefix="pgadvisor-large-") as folder:
        for name, made in INPUTS.items():
            if options.only and not name.startswith(tuple(options.only.split(","))):
                continue
            path = Path(folder) / "input"
            write(path, made(), options.megabytes << 20)
            status, seconds, peak, told = read(path, options.jobs)
            wrong += peak > GIGABYTE or told == "traceback" or status not in (0, 2)
            rows.append([name, status, f"{seconds:.1f}", f"{peak:.0f}", told[:90]])
            print(tabulate(rows[-1:], tablefmt="plain"), flush=True)
    print(tabulate(rows, headers=["input", "status", "seconds", "peak MB", "said"]))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
