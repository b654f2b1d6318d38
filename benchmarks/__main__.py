"""Runs every benchmark in turn, each in a process of its own: `python -m benchmarks [NAME …]`.

The tables of docs/benchmarks.md are what they print. Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = {
    "twin_fidelity": [["--suite", "mixed", "tpch", "tpcds", "--scale", "1"]],
    "size_model": [[]],
    "heap_visits": [[]],
    "index_selection": [[], ["--run-times"], ["--suite", "tpcds"]],
    "scale": [[]],
    "twin_start": [[]],
    "nplus1": [[], ["--cost", "1000"]],
    "capture": [[]],
    "rewrites": [["--cases", "300"]],
    "gate": [["--cases", "120"]],
    "fuzz": [["--minutes", "5"]],
    "load_run": [[]],
    "interruptions": [["--cases", "130"]],
    "migration_waits": [[]],
    "synthetic_rows": [[], ["--speed", "10000000"]],
}
"""Name to the argument lists it is run with."""


def main() -> int:
    """Run the benchmarks named on the command line, or all, and return the worst exit status."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    if unknown := sorted(set(chosen) - set(BENCHMARKS)):
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    status = 0
    for name in chosen:
        for arguments in BENCHMARKS[name]:
            print(f"\n# python -m benchmarks.{' '.join([name, *arguments])}\n", flush=True)
            status = max(status, subprocess.call([sys.executable, "-m", f"benchmarks.{name}", *arguments]))
    return status


if __name__ == "__main__":
    sys.exit(main())
