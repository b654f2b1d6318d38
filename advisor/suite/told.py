"""What the plugin says of a loop, to a person at a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from advisor.output.number_units import one_line
from advisor.suite.suite_loops import Found
from advisor.visible import on_one_line

TESTS = 3
"""Tests that are named of a line."""


def of_test(found: Found) -> str:
    """Return why a test fails."""
    return "\n".join(_lines(found, found.times))


def summary(found: Sequence[Found]) -> list[str]:
    """Return one block for each line of the application, the longest loop first, with the tests that ran it."""
    places: dict[tuple[str, int, str], list[Found]] = defaultdict(list)
    for one in found:
        places[one.file, one.line, one.query].append(one)
    told: list[str] = []
    for group in sorted(places.values(), key=lambda group: (-max(one.times for one in group), group[0].file)):
        worst = max(group, key=lambda one: one.times)
        told += _lines(worst, worst.times)
        tests = sorted({one.test for one in group})
        more = f" and {len(tests) - TESTS} more" if len(tests) > TESTS else ""
        told += [f"  in      {on_one_line(', '.join(tests[:TESTS]))}{more}", ""]
    if places:
        told.append(f'{len(places)} N+1; allow one with @pytest.mark.advisor(allow="table")')
    return told


def _lines(found: Found, times: int) -> list[str]:
    made = [
        f"N+1 {on_one_line(found.file)}:{found.line} sends one statement {times} times in a test",
        f"  query   {one_line(found.text, 160)}",
    ]
    if found.parent:
        place = f"{found.parent_file}:{found.parent_line} " if found.parent_file else ""
        made.append(f"  after   {on_one_line(place)}{one_line(found.parent, 120)}")
    return [*made, f"  fix     {found.remedy}"]
