"""Mutation testing.

    python -m benchmarks.mutants                                # all targets
    python -m benchmarks.mutants indexes/replacing/implication            # one
    python -m benchmarks.mutants rewrites --sample 150 --seed 7
    python -m benchmarks.mutants rewrites/keyset                # one module of a package that is a target

Prints the survivors with line, change and reason where there is one, then a table: `raw` is the share of all mutants that the tests killed, `share`
the same without those that do what the original does (`equivalent.toml`).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.mutants.faults import Fault, faults, faulty, number_of_faults
from benchmarks.mutants.plugins import Reached
from benchmarks.mutants.reasons import Key, reasons
from benchmarks.mutants.targets import ROOT, TARGETS, Target, named
from benchmarks.mutants.warm import Outcome, Warm


@dataclass(slots=True)
class Count:
    """What became of a target's mutants."""

    target: str
    possible: int
    tried: int = 0
    killed: int = 0
    equivalent: int = 0
    cpu_s: float = 0.0
    survivors: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return the target's line of the table."""
        raw = 100 * self.killed / max(self.tried, 1)
        share = 100 * self.killed / max(self.tried - self.equivalent, 1)
        return (
            f"{self.target:22}{self.possible:9}{self.tried:7}{self.killed:8}{self.equivalent:12}"
            f"{raw:7.1f} %{share:7.1f} %{self.cpu_s:8.0f}"
        )


def main() -> None:
    """Try the mutants of the targets named, of all of them when none is."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.mutants")
    options.add_argument("targets", nargs="*", metavar="TARGET")
    options.add_argument("--sample", type=int, help="mutants drawn at random; all where there are fewer")
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    options.add_argument(
        "--minutes", type=float, help="end after so many for each target; those tried until then count"
    )
    given = options.parse_args()
    chosen = [(name, named(name)) for name in given.targets] or [(target.name, target) for target in TARGETS]
    if unknown := [name for name, target in chosen if target is None]:
        options.error(f"no such target: {', '.join(unknown)}")
    print(f"seed {given.seed}", flush=True)
    known = reasons()
    counts = [
        _tried(target, given.sample or target.sample, given.minutes, given.seed, known)
        for _, target in chosen
        if target
    ]
    print(f"\n{'target':22}{'mutants':>9}{'tried':>7}{'killed':>8}{'equivalent':>12}{'raw':>9}{'share':>9}{'CPU s':>8}")
    print(*(count.row() for count in counts), sep="\n")


def _tried(target: Target, sample: int | None, minutes: float | None, seed: int, known: Mapping[Key, str]) -> Count:
    places = [(path, number) for path in target.modules for number in range(number_of_faults(path.read_text()))]
    count = Count(target.name, len(places))
    rng = random.Random(seed)
    drawn = places if sample is None else rng.sample(places, min(sample, len(places)))
    if minutes is not None:
        rng.shuffle(drawn)
    with Warm(target.tests, target.modules) as warm:
        usual, reached = warm.baseline()
        if usual.failed:
            sys.exit(f"the tests of {target.name} fail without a fault:\n{usual.output}")
        print(f"\n{target.name}: {len(drawn)} of {count.possible}, tests {usual.cpu_s:.1f} s CPU", flush=True)
        end = time.monotonic() + 60 * (minutes or 1e6)
        for path, fault in _described(drawn, in_order=minutes is None):
            if time.monotonic() > end:
                break
            _one(warm, path, fault, usual, reached, known, count)
    return count


def _described(drawn: list[tuple[Path, int]], *, in_order: bool) -> Iterator[tuple[Path, Fault]]:
    """Yield the faults drawn, by module and line or as they were drawn."""
    if not in_order:
        yield from ((path, faults(path.read_text(), [number])[0]) for path, number in drawn)
        return
    for path in sorted({path for path, _ in drawn}):
        numbers = {number for its, number in drawn if its == path}
        yield from ((path, fault) for fault in faults(path.read_text(), numbers))


def _one(
    warm: Warm, path: Path, fault: Fault, usual: Outcome, reached: Reached, known: Mapping[Key, str], count: Count
) -> None:
    source = path.read_text()
    wanted = _reaching(path, fault, reached)
    count.tried += 1
    if wanted is None or wanted:
        outcome = warm.tried(path, faulty(source, fault), wanted, usual)
        count.cpu_s += outcome.cpu_s
        if outcome.failed:
            count.killed += 1
            return
    module = path.relative_to(ROOT / "advisor").with_suffix("").as_posix()
    reason = known.get((module, source.splitlines()[fault.line - 1].strip(), fault.change))
    count.equivalent += reason is not None
    print(f"  {module}:{fault.line}: {fault.change}", "" if wanted != frozenset() else "  (not reached)", flush=True)
    if reason:
        print(f"      same as the original: {reason}")


def _reaching(path: Path, fault: Fault, reached: Reached) -> frozenset[str] | None:
    """Return the tests that execute the fault's statement; `None` for all tests."""
    if fault.lines is None:
        return None
    return frozenset(
        test for test, files in reached.items() if not set(fault.lines).isdisjoint(files.get(str(path), ()))
    )


if __name__ == "__main__":
    main()
