"""Does the advice stay when times shake? Each query's time is multiplied by 0.7 to 1.4, again and again.

A system and its workload are drawn as `benchmarks.advice_regret` draws them, loaded and run once for a real log. Each
draw is advised on the same twin. Overlap is the share of indexes that a draw's set and the unshaken one have in common
(of all that either has). A decoy is an index that only a draw's set has, and without which the planner's cost of the
whole workload, each query by its unshaken calls, stays the same within a thousandth.

Run: `python -m benchmarks.advice_perturbed [--draws 20] [--workloads 1] [--seed N]`. Exit status 1 when a decoy appears
or the mean overlap is below 0.97.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from advisor.catalog.index import IndexDefinition
from advisor.catalog.snapshot import take_snapshot
from advisor.indexes.advise_indexes import advise
from advisor.indexes.index_options import AdviseOptions
from advisor.indexes.proposal import IndexProposal
from advisor.pipeline.analysed import Analysed
from advisor.pipeline.straight_line import analyse_workload
from advisor.twin.start import Twin, start_twin
from advisor.twin.whatif import Ask, Refused
from advisor.workload.collect import collect
from advisor.workload.model import Workload
from benchmarks.advice_regret.run import LOGGED, loaded_system

LOWEST, HIGHEST = 0.7, 1.4
NOTHING = 0.001
LEAST_OVERLAP = 0.97


@dataclass(frozen=True)
class Shaken:
    """What became of one workload's advice."""

    indexes: int
    overlaps: tuple[float, ...]
    decoys: tuple[str, ...]


def shaken(workload: Workload, chance: random.Random) -> Workload:
    """Return the workload with each query's time multiplied by a number of its own."""
    queries = []
    for query in workload.queries:
        factor = chance.uniform(LOWEST, HIGHEST)
        queries.append(replace(query, total_ms=query.total_ms * factor, mean_ms=query.mean_ms * factor))
    return replace(workload, queries=tuple(queries))


def chosen(analysed: Analysed, workload: Workload, twin: Twin) -> tuple[IndexProposal, ...]:
    """Return the indexes to be built for a workload."""
    rest = analysed.shapes, analysed.statements, twin.schema, twin.statistics, twin.what_if
    return tuple(one for one in advise(workload, *rest, AdviseOptions()).proposals if one.action != "drop")


def cost(analysed: Analysed, made: Sequence[IndexProposal], twin: Twin) -> float:
    """Return the planner's cost of the whole workload with these indexes."""
    built = twin.what_if.build({one.definition: one.size for one in made})
    names = frozenset(name for name in built.values() if isinstance(name, str))
    total = 0.0
    for query in analysed.workload.queries:
        bound = analysed.statements.get(query.id, ())
        for one, answer in zip(bound, twin.what_if.plan([Ask(one, names) for one in bound]), strict=True):
            total += 0.0 if isinstance(answer, Refused) else one.weight * query.calls * answer.total_cost
    return total


def idle(analysed: Analysed, made: Sequence[IndexProposal], base: Sequence[IndexProposal], twin: Twin) -> list[str]:
    """Return the indexes that the unshaken set has not, and without which nothing costs more."""
    known = {one.definition for one in base}
    new = [one for one in made if one.definition not in known]
    whole = cost(analysed, made, twin) if new else 0.0
    return [
        f"{one.definition.table} {one.definition.body}"
        for one in new
        if cost(analysed, [other for other in made if other is not one], twin) - whole < NOTHING * whole
    ]


def overlap(one: set[IndexDefinition], other: set[IndexDefinition]) -> float:
    return len(one & other) / max(len(one | other), 1)


def tried(seed: int, draws: int) -> Shaken:
    """Return what shaking does to the advice on one random system."""
    with loaded_system(seed) as system:
        workload = collect([str(system.log)], log_line_prefix=LOGGED["log_line_prefix"], jobs=1)
        with start_twin(take_snapshot(system.server.url("app"))) as twin:
            analysed = analyse_workload(workload, twin)
            base = chosen(analysed, analysed.workload, twin)
            overlaps, decoys = [], []
            for number in range(draws):
                print(f"  {len(base)} indexes, draw {number}", file=sys.stderr, flush=True)
                made = chosen(analysed, shaken(analysed.workload, system.chance), twin)
                overlaps.append(overlap({one.definition for one in base}, {one.definition for one in made}))
                decoys += [f"draw {number}: {one}" for one in idle(analysed, made, base, twin)]
    return Shaken(len(base), tuple(overlaps), tuple(decoys))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--workloads", type=int, default=1)
    parser.add_argument("--seed", type=int, help="of the first workload; by the clock when not given")
    given = parser.parse_args()
    first = given.seed if given.seed is not None else int(time.time()) % 1_000_000
    met = True
    for seed in range(first, first + given.workloads):
        began = time.monotonic()
        one = tried(seed, given.draws)
        mean = statistics.mean(one.overlaps)
        print(
            f"seed {seed}: {given.draws} draws, {one.indexes} indexes; overlap mean {mean:.3f}, least"
            f" {min(one.overlaps):.3f}; {len(one.decoys)} decoys; {time.monotonic() - began:.0f} s",
            *(f"  {line}" for line in one.decoys), sep="\n", flush=True,
        )  # fmt: skip
        met &= mean >= LEAST_OVERLAP and not one.decoys
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
