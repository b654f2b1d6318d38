"""N+1 in one test: the loops that the workload's detector finds in its statements, at the line that sends them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from advisor.suite.statement import Statement

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


def loops_of(statements: Sequence[Statement], test: str) -> tuple[Found, ...]:
    """Return the N+1 loops in what a test sent, most executions first."""
    if not suspicious(statements):
        return ()
    from advisor.suite.log import without_tags, workload_of_test
    from advisor.workload.identity import identify

    sent = [one for one in statements if not one.control]
    workload = workload_of_test(sent, test)
    ids = {text: identify(text).id for text in {one.text for one in sent}}
    texts = {query.id: without_tags(query.text) for query in workload.queries}
    found = []
    for loop in workload.loops:
        text = texts.get(loop.child, "")
        parent = loop.parents[0] if loop.parents else None
        if not _READ.match(text) or not _long(loop, parent) or _paged(text, loop):
            continue
        rounds = [one for one in sent if ids[one.text] == loop.child and one.site]
        if not rounds:
            continue
        site, _ = Counter(one.site for one in rounds).most_common(1)[0]
        before = next((one for one in sent if parent and ids[one.text] == parent.query and one.site), None)
        assert site
        place = before.site if before else None
        found.append(
            Found(
                test, loop.child, text, loop.max, site.file, site.line, rounds[0].library,
                texts.get(parent.query, "") if parent else "", place.file if place else "", place.line if place else 0,
            )
        )  # fmt: skip
    return tuple(found)


def allowed(found: Found, tables: Iterable[str]) -> bool:
    """Return whether the repeated query reads one of the tables that a test may loop over."""
    return any(re.search(rf"(?<!\w){re.escape(table)}(?!\w)", found.text) for table in tables)


def _long(loop: Any, parent: Any) -> bool:
    """Return whether a loop is long, and its values varied enough, as rule NPO001 has it."""
    least = LEAST_WITH_PARENT if parent else LEAST
    varied = loop.distinct >= 0.8 or (parent is not None and loop.distinct * loop.median >= 2)
    return bool(loop.varying) and loop.max >= least and varied


def _paged(text: str, loop: Any) -> bool:
    """Return whether it is a page after the other, or a batch after the other."""
    from advisor.rules.npo.child import FOLDED, ONE_BY_ONE

    pages = any(int(number) - 1 in loop.varying for number in _PAGED.findall(text))
    return pages or (loop.short_lists < ONE_BY_ONE and any(_lists(FOLDED, text, loop)))


def _lists(folded: re.Pattern[str], text: str, loop: Any) -> Iterator[bool]:
    for number in folded.findall(text):
        yield int(number) - 1 in loop.varying
