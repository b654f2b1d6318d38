"""PostgreSQL's own regression SQL through capture, advise and check: `python -m benchmarks.regression_sql FOLDER [--only NAME]`.

FOLDER holds the `.sql` files of src/test/regress/sql, from the public repository; nothing of them is kept here. Each file
is read as a workload, advised on with itself as schema dump and on a snapshot, and its statements are checked against a
baseline accepted from themselves. Prints what ended in a traceback, took over ten seconds of this process, or said nothing.
Exit status 1 when anything did.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tabulate import tabulate

from benchmarks.fuzz.campaign import server_for_all
from benchmarks.fuzz.command import advisor
from benchmarks.fuzz.target import SEEDS, Silent, Unsafe

SECONDS = 10.0
"""CPU seconds that no command may take."""
SNAPSHOT = SEEDS / "snapshot"


def commands(path: Path, folder: Path, server: str) -> Iterator[tuple[str, list[object]]]:
    """Yield a name and the arguments of each command that a file goes through."""
    twin = ["--twin", server]
    captured = folder / "captured.json"
    yield "capture", ["capture", path, "-o", captured, "--jobs", 1]
    yield "advise, itself as schema", ["advise", path, "--schema", path, *twin, "--jobs", 1]
    yield "advise on a snapshot", ["advise", path, "--snapshot", SNAPSHOT, *twin, "--jobs", 1]
    plans = folder / "plans.json"
    yield "check, accepting", ["check", path, "--schema", path, "--baseline", plans, "--update-baseline", *twin]
    if plans.exists():
        yield "check", ["check", path, "--schema", path, "--baseline", plans, *twin]


def outcome(words: list[object]) -> tuple[str, str]:
    """Return what a command came to, and what is wrong with that."""
    began = time.process_time()
    try:
        done = advisor(*words)
    except Silent as error:
        return "silent", str(error)
    except Unsafe as error:
        return "unsafe", str(error)
    except Exception:
        return "traceback", traceback.format_exc()
    if time.process_time() - began > SECONDS:
        return "slow", f"{time.process_time() - began:.1f} s"
    return f"status {done.status}", ""


def main() -> int:
    """Run every file through every command and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regression_sql")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", help="one file, without .sql")
    options = parser.parse_args()
    files = sorted(options.folder.glob(f"{options.only or '*'}.sql"))
    counts: Counter[tuple[str, str]] = Counter()
    with server_for_all(True) as server:
        for path in files:
            with TemporaryDirectory() as folder:
                for name, words in commands(path, Path(folder), server):
                    kind, what = outcome(words)
                    counts[name, kind] += 1
                    if what:
                        print(f"{kind}: {name}: {path.name}: {what}", flush=True)
    kinds = sorted({kind for _, kind in counts})
    rows = [[name, *(counts[name, kind] for kind in kinds)] for name in dict.fromkeys(name for name, _ in counts)]
    print(tabulate(rows, headers=["command", *kinds]))
    wrong = sum(count for (_, kind), count in counts.items() if not kind.startswith("status"))
    print(f"{len(files)} files, {sum(counts.values())} runs, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
