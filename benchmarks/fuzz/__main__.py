"""Fuzzes all that reads files: `python -m benchmarks.fuzz [--minutes 60] [--seed N] [--targets NAME,…] [--jobs N]`.

Each input is a seed of the corpus, mutated by bytes or by its format; the seed that is printed and an input's number
make it again. Prints per target what was tried, refused and failed, and how much memory it took at most; saves what
failed, made smaller, under `benchmarks/out/fuzz`. Exit status 1 when anything failed: a traceback, no answer in ten
seconds, more than a gigabyte, success without a statement or a word, characters that a terminal obeys.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from benchmarks.fuzz.attempt import FAILURES, drawn
from benchmarks.fuzz.campaign import Campaign, Failure, Tally, memory, server_for_all
from benchmarks.fuzz.shrink import fails, smaller
from benchmarks.fuzz.target import Place
from benchmarks.fuzz.targets import all_targets

OUT = Path("benchmarks/out/fuzz")
GIGABYTE = 1024.0
"""Megabytes that no input may take."""


def main() -> int:
    """Run it and return the exit status."""
    options = _options()
    chosen = _chosen(options.targets)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}, {options.jobs} processes, targets: {', '.join(chosen)}", flush=True)
    needed = any(all_targets()[name].server for name in chosen)
    began = time.time()
    with server_for_all(needed) as server:
        campaign = Campaign(seed, chosen, options.jobs, began + options.minutes * 60, options.inputs, server)
        tally = campaign.run()
        for (kind, key), failure in sorted(tally.failures.items()):
            _save(kind, key, failure, seed, chosen, server)
    print(table(tally, chosen))
    failed = sum(failure.count for failure in tally.failures.values())
    peak = max(tally.peaks.values(), default=0.0)
    tried = sum(tally.of(name, "tried") for name in chosen)
    print(f"seed {seed}: {tried} inputs in {(time.time() - began) / 60:.1f} minutes, {failed} failures at "
          f"{len(tally.failures)} places, peak {peak:.0f} MB")  # fmt: skip
    return int(failed > 0 or peak > GIGABYTE)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--inputs", type=int, default=1 << 60, help="stop after so many inputs")
    parser.add_argument("--seed", type=int, help="that of an earlier run; drawn when not given")
    parser.add_argument("--targets", help="names or beginnings of names, separated by commas; all when not given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _chosen(wanted: str | None) -> tuple[str, ...]:
    names = tuple(all_targets())
    beginnings = tuple(wanted.split(",")) if wanted else ("",)
    found = tuple(name for name in names if name.startswith(beginnings))
    if not found:
        raise SystemExit(f"no such target; there are: {', '.join(names)}")
    return found


def table(tally: Tally, chosen: Sequence[str]) -> str:
    """Return what came of the inputs, a line a target."""
    heads = ("target", "tried", "refused", *FAILURES, "ms each", "peak MB")
    rows = []
    for name in chosen:
        tried = tally.of(name, "tried")
        each = tally.of(name, "milliseconds") / tried if tried else 0.0
        failures = [tally.of(name, kind) for kind in FAILURES]
        rows.append(
            (name, tried, tally.of(name, "refused"), *failures, f"{each:.1f}", f"{tally.peaks.get(name, 0):.0f}")
        )
    columns = list(zip(*rows, strict=True))
    rows.append(("all", *(sum(column) for column in columns[1:-2]), "", f"{max(map(float, columns[-1])):.0f}"))
    return tabulate(rows, heads)


def _save(kind: str, key: str, failure: Failure, seed: int, chosen: tuple[str, ...], server: str) -> None:
    """Write the inputs of a failure, the first of them made smaller, and say so."""
    OUT.mkdir(parents=True, exist_ok=True)
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{kind}-{key}")[:100]
    target, data = drawn(seed, failure.numbers[0], chosen)
    (OUT / f"{name}.txt").write_text(f"target {target.name}\nseed {seed} numbers {failure.numbers}\n\n{failure.text}\n")
    (OUT / f"{name}.whole").write_bytes(data)
    if kind not in ("died", "hang"):
        with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory()) as folder:
            place = Place(Path(folder), server)
            data = smaller(data, lambda shorter: fails(target, shorter, place, kind, key))
    (OUT / f"{name}.input").write_bytes(data)
    print(f"{failure.count} × {kind}: {key} (target {target.name}, number {failure.numbers[0]}, {len(data)} bytes: "
          f"{OUT / name}.input)", flush=True)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
