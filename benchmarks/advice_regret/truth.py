"""The best set of indexes that a local search finds by real run times, started from ours and from a greedy one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.advice_regret.run import Bench
from benchmarks.advice_regret.statements import Statement

LEAST = 0.003
"""Share of the workload's time that an index must save to be part of the best set."""
NOTHING = 0.001
"""Share of the workload's time below which an index's removal loses nothing."""
ROUNDS = 40


@dataclass(frozen=True)
class Built:
    name: str
    table: str
    size: int


@dataclass
class Field:
    """Everything the search asks."""

    bench: Bench
    statements: Sequence[Statement]
    tables: Mapping[str, frozenset[str]]
    """Tables of each statement."""
    indexes: Mapping[str, Built]

    def times(self, names: frozenset[str], hidden: frozenset[str] = frozenset()) -> dict[str, float]:
        """Return each statement's mean milliseconds."""
        return {
            one.text: self.bench.mean(
                one, frozenset(n for n in names if self.indexes[n].table in self.tables[one.text]), hidden
            )
            for one in self.statements
        }

    def total(self, names: frozenset[str]) -> float:
        """Return the milliseconds of the whole workload."""
        times = self.times(names)
        return sum(one.calls * times[one.text] for one in self.statements)

    def size(self, names: Iterable[str]) -> int:
        return sum(self.indexes[name].size for name in names)


def greedy(field: Field, pool: Sequence[str]) -> frozenset[str]:
    """Return what adding the most saving index again and again comes to."""
    return _climb(field, frozenset(), pool, drops=False)


def search(field: Field, starts: Sequence[frozenset[str]], pool: Sequence[str]) -> frozenset[str]:
    """Return the best set: as fast as any, give or take `LEAST` an index, then the smallest."""
    ends = [_climb(field, start, pool, drops=True) for start in starts]
    least = field.total(frozenset()) * LEAST
    return min(ends, key=lambda names: (field.total(names) + least * len(names), field.size(names), sorted(names)))


def _climb(field: Field, start: frozenset[str], pool: Sequence[str], *, drops: bool) -> frozenset[str]:
    """Return the set after the best single moves: drop what saves too little, add what saves most, take a smaller one."""
    names, least = start, field.total(frozenset()) * LEAST
    for _ in range(ROUNDS):
        now = field.total(names)
        moves: list[tuple[float, int, frozenset[str]]] = []
        for name in sorted(names) if drops else ():
            less = names - {name}
            moves.append((now - field.total(less) + least, field.size({name}), less))
            for other in pool:
                if other not in names and smaller(field.indexes[other], field.indexes[name]):
                    swapped = less | {other}
                    moves.append((now - field.total(swapped) + least / 2, 0, swapped))
        for name in pool:
            if name not in names:
                moves.append((now - field.total(names | {name}) - least, -field.indexes[name].size, names | {name}))
        best = max(moves, key=lambda move: (move[0], move[1], sorted(move[2])), default=None)
        if best is None or best[0] <= 0:
            return names
        names = best[2]
    return names


def smaller(one: Built, other: Built) -> bool:
    """Return whether an index is clearly smaller than another of the same table."""
    return one.table == other.table and one.size < other.size * 0.95


def decoys(field: Field, names: frozenset[str], slower: Callable[[float, float], bool]) -> list[str]:
    """Return the indexes whose removal loses nothing, and slows no statement."""
    whole, least = field.total(names), field.total(frozenset()) * NOTHING
    found = []
    for name in sorted(names):
        less = names - {name}
        before, after = field.times(names), field.times(less)
        if field.total(less) - whole < least and not any(slower(before[text], after[text]) for text in before):
            found.append(name)
    return found
