"""The faults that mutation testing puts in: one change each, named, and none where no test could notice it."""

from __future__ import annotations

import ast
import textwrap

from benchmarks.mutants.faults import faults, faulty, number_of_faults
from benchmarks.mutants.targets import named

SOURCE = textwrap.dedent('''
    """A module with one rule."""
    from typing import TYPE_CHECKING
    if TYPE_CHECKING:
        ONE = 1 < 2
    __all__ = ["a" if 1 else "b"]
    def smaller(one: int, other: "1 < 2") -> bool:
        """1 < 2."""
        return one < other
    def first(found, pairs):
        for key, value in zip(pairs, pairs, strict=True):
            found.setdefault(key, value)
        return not (found and key)
''')


def test_each_fault_is_one_change_of_what_runs() -> None:
    changes = {fault.change: ast.unparse(faulty(SOURCE, fault)) for fault in faults(SOURCE)}
    assert set(changes) == {
        "comparison turned: one < other → one <= other",
        "returns None: return one < other → return None",
        "loop left out: zip(pairs, pairs, strict=True)",
        "call left out: found.setdefault(key, value) → None",
        "last instead of first: found.setdefault(key, value) → found.__setitem__(key, value)",
        "returns None: return not (found and key) → return None",
        "not dropped: not (found and key) → not not (found and key)",
        "and/or exchanged: found and key → found or key",
        "operand left out: found and key → key and key",
        "operand left out: found and key → found and found",
    }
    assert len(set(changes.values())) == len(changes)


def test_a_fault_knows_the_lines_that_run_into_it() -> None:
    lines = {fault.change.split(":")[0]: fault.lines for fault in faults(SOURCE)}
    assert lines["comparison turned"] == range(9, 10)
    assert [fault.lines for fault in faults("LIMIT = 3\n")] == [None]


def test_only_the_faults_asked_for_are_described() -> None:
    assert number_of_faults(SOURCE) == len(faults(SOURCE))
    assert [fault.number for fault in faults(SOURCE, {3, 1})] == sorted(
        (1, 3), key=[fault.number for fault in faults(SOURCE)].index
    )


def test_a_module_of_a_package_is_a_target_too() -> None:
    one, package = named("rewrites/keyset"), named("rewrites")
    assert one and package and one.tests == package.tests
    assert [path.name for path in one.modules] == ["keyset.py"]
    assert named("rewrites/nothing") is named("nothing") is None
