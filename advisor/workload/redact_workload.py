"""A workload without a single value of the database: what may leave the company.

Kept are statements with their values blanked, counts, times and how skewed each slot is; the tags that say which code
sent a statement stay too. Lost is precision: plans then rest on statistics instead of values that were really sent.
"""

from __future__ import annotations

from dataclasses import replace

from pglast.parser import ParseError, scan

from advisor.capture.coverage import InputCoverage, Skipped
from advisor.workload.model import Loop, Query, Slot, Workload

CODE_TAGS = frozenset(
    {"action", "application", "controller", "db_driver", "framework", "job", "method", "model", "namespaced_controller",
     "operation", "route", "source_location"}
)  # fmt: skip
"""Comment tags that name code, not data."""
STRINGS = frozenset({"SCONST", "BCONST", "XCONST", "USCONST"})
NUMBERS = frozenset({"ICONST", "FCONST"})
COMMENTS = frozenset({"SQL_COMMENT", "C_COMMENT"})
NEAR = 100
"""Characters before a number that are looked at."""
FOLDED = "/*, ... */"
"""The comment PostgreSQL 18 puts in a folded list: not the user's, and it says the list had several elements."""
NOTE = "redacted: values were removed, so plans rest on statistics instead of values that were really sent"


def redacted(workload: Workload) -> Workload:
    """Return the workload without values: no samples, no parameters, no literals, no excerpts of skipped records."""
    return replace(
        workload,
        queries=tuple(_query(query) for query in workload.queries),
        loops=tuple(_loop(loop) for loop in workload.loops),
        inputs=tuple(_coverage(coverage) for coverage in workload.inputs),
        shares=tuple(share for share in workload.shares if share.tag is None or share.tag in CODE_TAGS),
        notes=tuple(dict.fromkeys((*workload.notes, NOTE))),
    )


def blanked(text: str) -> str:
    """Return a statement with its string literals emptied, its numbers zeroed and its comments dropped."""
    try:
        tokens = scan(text)
    except ParseError:
        return "(statement withheld: it cannot be read, so its values cannot be told apart)"
    parts: list[str] = []
    done, parameters = 0, text.find("$")
    for token in tokens:
        written = text[token.start : token.end + 1]
        if token.name in STRINGS:
            blank = "''"
        elif token.name in NUMBERS and not _structural(text, token.start, parameters):
            blank = "0"
        elif token.name in COMMENTS and written != FOLDED:
            blank = " "
        else:
            continue
        parts += [text[done : token.start], blank]
        done = token.end + 1
    return "".join([*parts, text[done:]]).strip()


def _structural(text: str, begin: int, parameters: int) -> bool:
    """Return whether a number is part of a type or a position (`varchar(30)`, `ORDER BY 1`) in a normalised text.

    `parameters` is where its first `$` stands, -1 for none.
    """
    before = text[max(0, begin - NEAR) : begin].rstrip()
    return 0 <= parameters < begin or before.endswith(("(", "by", "BY"))


def _query(query: Query) -> Query:
    return replace(
        query,
        text=blanked(query.text),
        samples=(),
        plan=None,
        slots=tuple(_slot(slot) for slot in query.slots),
        tags={name: values for name, values in query.tags.items() if name in CODE_TAGS},
        errors=(),
        unparsed="refused by the parser" if query.unparsed else None,
    )


def _slot(slot: Slot) -> Slot:
    """Return the slot with its values replaced by their rank, so that its skew remains."""
    ranked = tuple(
        (None if value is None else f"(value {rank})", count) for rank, (value, count) in enumerate(slot.common, 1)
    )
    return replace(slot, common=ranked)


def _loop(loop: Loop) -> Loop:
    tags = {name: value for name, value in loop.tags.items() if name in CODE_TAGS}
    return replace(loop, example=(), tags=tags)


def _coverage(coverage: InputCoverage) -> InputCoverage:
    return replace(coverage, skipped={reason: Skipped(skip.count) for reason, skip in coverage.skipped.items()})
