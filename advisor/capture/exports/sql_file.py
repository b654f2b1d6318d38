"""Plain SQL files: statements without numbers, each as important as the next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pglast.parser import ParseError, split

from advisor.capture.assembly.lengths import bounded
from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.document import Document, beginning
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally

NAME = "SQL file"
COMMENT = r"/\*(?:[^*]++|\*(?!/))*+\*/"
BEGINNING = re.compile(
    r"(?:\s++|--[^\n]*+\n|" + COMMENT + r"|\\[^\n]*+\n|\()*+"
    r"(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE|BEGIN|SET|EXPLAIN|CREATE|PREPARE|DO)\b(?!\s*+[,:=])",
    re.IGNORECASE,
)
QUERY = re.compile(
    r"(?:\s++|--[^\n]*+(?:\n|$)|" + COMMENT + r"|\()*+(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE)\b",
    re.IGNORECASE,
)
META = re.compile(r"^\\[^\n]*$", re.MULTILINE)
"""psql's own commands."""
NOMINAL_MS = 1.0


def sniff(head: bytes) -> float:
    """Return how surely `head` begins with SQL."""
    text = beginning(head).text
    return 0.4 if BEGINNING.match(text) else 0.0


def read(document: Document, name: str) -> tuple[StatementExport, ...]:
    """Return one row per statement, each executed once in nominal time."""
    tally = Tally()
    rows = tuple(StatementRow(text, 1.0, NOMINAL_MS) for text in _queries(document.text, tally))
    coverage = InputCoverage(
        name=name,
        kind="SQL file",
        size=document.size,
        lines=document.lines,
        records=len(rows),
        executions=float(len(rows)),
        skipped=tally.skipped(),
        hides=("how often each statement runs, and how long it takes",),
    )
    note = f"{name}: a plain list of statements: every one weighs the same, calls and times are made up"
    return (StatementExport(rows, coverage, cumulative=False, nominal=True, notes=(note,)),)


def _queries(text: str, tally: Tally) -> Iterator[str]:
    for place, statement in enumerate(_statements(META.sub("", text)), start=1):
        if QUERY.match(statement):
            yield bounded(statement.encode(errors="replace")).decode(errors="replace")
        elif statement:
            tally.add("not a query", f"statement {place}", statement)


def _statements(text: str) -> list[str]:
    """Return the statements, by the server's own scanner; the whole text where even that gives up."""
    try:
        return [statement.strip() for statement in split(text, with_parser=False)]
    except ParseError:
        return [statement.strip() for statement in re.split(r";\s*\n", text)]
