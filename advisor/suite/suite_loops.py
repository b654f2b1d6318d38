"""N+1 in one test: the loops that the workload's detector finds in its statements, at the line that sends them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from advisor.suite.sent_statement import Site, Statement

if TYPE_CHECKING:
    from advisor.workload.model import Loop, LoopParent

LEAST, LEAST_WITH_PARENT = 5, 3
"""Executions that make a loop, as of rule NPO001."""
_READ = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_PAGED = re.compile(r"\b(?:OFFSET|LIMIT)\s+\$(\d+)", re.IGNORECASE)
_REMEDIES = {
    "sqlalchemy": "load them with their parents: .options(selectinload(…)), or one SELECT … WHERE key = ANY(:keys)",
    "django": "load them with their parents: .select_related(…) or .prefetch_related(…)",
    "psycopg": "read the rows of all keys at once: WHERE key = ANY(%s)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """One loop of one test; travels from pytest-xdist's workers as a dictionary."""

    test: str
    query: str
    """Id of the repeated query."""
    text: str
    times: int
    file: str
    line: int
    library: str
    parent: str = ""
    """Text of the statement whose rows it probably follows."""
    parent_file: str = ""
    parent_line: int = 0

    @property
    def remedy(self) -> str:
        """Return what to write instead."""
        return _REMEDIES[self.library]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def suspicious(statements: Iterable[Statement]) -> bool:
    """Return whether a statement that reads was sent often enough to be worth a look."""
    counts = Counter((one.sql, one.site) for one in statements if isinstance(one.sql, str) and _READ.match(one.sql))
    return any(count >= LEAST_WITH_PARENT for count in counts.values())


def loops_of(tests: Mapping[str, Sequence[Statement]]) -> tuple[Found, ...]:
    """Return the N+1 loops in what tests sent, most executions first."""
    every = {test: [one for one in known if not one.control] for test, known in tests.items() if suspicious(known)}
    if not every:
        return ()
    alike: dict[object, list[str]] = {}
    for test, known in every.items():
        alike.setdefault(pattern(known), []).append(test)
    found = _found_in({names[0]: every[names[0]] for names in alike.values()})
    like = {names[0]: names for names in alike.values()}
    return tuple(replace(one, test=test) for one in found for test in like[one.test])


def pattern(statements: Sequence[Statement]) -> object:
    """Return what the loops of a test depend on: which statements it sent, from where, and which values were equal."""
    seen: dict[object, int] = {}

    def place(value: object) -> int:
        return seen.setdefault(value, len(seen))

    return tuple(
        (one.library, place(one.connection), str(one.sql), one.site, _equal(one.values, place)) for one in statements
    )


def _equal(values: Any, place: Callable[[object], int]) -> object:
    """Return which values are equal to earlier ones, parameter by parameter."""
    try:
        if isinstance(values, Mapping):
            return tuple((name, place((name, type(one), one))) for name, one in values.items())
        return tuple(place((number, type(one), one)) for number, one in enumerate(values or ()))
    except TypeError:  # lists and dictionaries among them
        return repr(values)


def _found_in(sent: Mapping[str, Sequence[Statement]]) -> tuple[Found, ...]:
    from advisor.suite.log import without_tags, workload_of_tests

    workload = workload_of_tests(sent)
    texts = {query.id: without_tags(query.text) for query in workload.queries}
    found: list[Found] = []
    for loop in workload.loops:
        parent = loop.parents[0] if loop.parents else None
        text = texts.get(loop.child, "")
        known = sent.get(loop.application or "", ())
        if known and _READ.match(text) and _long(loop, parent) and not _paged(text, loop):
            found += _found(loop, known, text, texts.get(parent.query, "") if parent else "")
    return tuple(found)


def _found(loop: Loop, sent: Sequence[Statement], text: str, parent: str) -> Iterator[Found]:
    """Yield a loop with the lines that sent it and the statement before it, where the application sent it."""
    from advisor.workload.counting.identity import identify

    rounds = [one for one in sent if one.site and identify(one.text).id == loop.child]
    if not rounds:
        return
    site = Counter(one.site for one in rounds).most_common(1)[0][0]
    first = loop.parents[0].query if loop.parents else ""
    before = next((one.site for one in sent if one.site and identify(one.text).id == first), None)
    place = before or Site("", 0)
    assert site
    yield Found(
        loop.application or "", loop.child, text, loop.max, site.file, site.line, rounds[0].library,
        parent, place.file, place.line,
    )  # fmt: skip


def allowed(found: Found, tables: Iterable[str]) -> bool:
    """Return whether the repeated query reads one of the tables that a test may loop over."""
    return any(re.search(rf"(?<!\w){re.escape(table)}(?!\w)", found.text) for table in tables)


def _long(loop: Loop, parent: LoopParent | None) -> bool:
    """Return whether a loop is long, and its values varied enough, as rule NPO001 has it."""
    least = LEAST_WITH_PARENT if parent else LEAST
    varied = loop.distinct >= 0.8 or (parent is not None and loop.distinct * loop.median >= 2)
    return bool(loop.varying) and loop.max >= least and varied


def _paged(text: str, loop: Loop) -> bool:
    """Return whether it is a page after the other, or a batch after the other."""
    from advisor.rules.loops.repeated_query import FOLDED, ONE_BY_ONE

    pages = any(int(number) - 1 in loop.varying for number in _PAGED.findall(text))
    return pages or (loop.short_lists < ONE_BY_ONE and any(_lists(FOLDED, text, loop)))


def _lists(folded: re.Pattern[str], text: str, loop: Loop) -> Iterator[bool]:
    for number in folded.findall(text):
        yield int(number) - 1 in loop.varying
