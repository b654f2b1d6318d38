"""Tests that send the same are looked at once, and each of them is told of its loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.suite.sent_statement import Site, Statement
from advisor.suite.suite_loops import loops_of, pattern


def sent(keys: Sequence[Any], begin: float, connection: int = 7) -> list[Statement]:
    """Return what reads some rows and then, one by one, what belongs to them."""
    rest = ("percent", begin, 0.001, Site("app/pages.py", 3), "psycopg", connection)
    parent = Statement("SELECT id FROM authors", None, *rest)
    return [parent, *(Statement("SELECT title FROM books WHERE author_id = %s", (key,), *rest) for key in keys)]


def test_each_test_with_the_loop_is_told_with_its_name() -> None:
    tests = {f"test_{number}": sent(range(number, number + 9), 1e9 + number) for number in range(4)}
    found = loops_of({**tests, "test_calm": sent([1], 1e9)})
    assert [(one.test, one.times, one.line) for one in found] == [(f"test_{number}", 9, 3) for number in range(4)]


def test_only_what_is_equal_in_statements_places_and_equal_values_is_alike() -> None:
    one = pattern(sent([1, 2, 3], 5.0))
    assert one == pattern(sent([7, 8, 9], 6.0, connection=9))
    assert one != pattern(sent([1, 1, 3], 5.0)) and one != pattern(sent([1, 2, 3, 4], 5.0))
    assert pattern(sent([[1], [2]], 5.0)) != pattern(sent([[1], [1]], 5.0)), "lists are values, too"
