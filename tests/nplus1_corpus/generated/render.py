"""Writes what the server logged anew: times shifted by the waits that programs only noted, under other prefixes.

Only stamps, prefixes and the order of records change; what a record says is as the server wrote it.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from tests.nplus1_corpus.generated.program import Clock
from tests.nplus1_corpus.generated.run import Generated

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECORD = re.compile(
    r"(?P<m>\S+ \S+ UTC) \[(?P<p>\d+)\] (?P<c>\S+) (?P<l>\d+) (?P<v>\S*) (?P<x>\d+) (?P<Q>-?\d+) (?P<r>\S*) (?P<u>\S*) "
    r"(?P<d>\S*) (?P<a>[^|]*)\| (?P<rest>.*)",
    re.S,
)
PREFIXES = {
    "full": "%m [%p] %c %l %v %x %q%u@%d/%a ",
    "default": "%m [%p] ",
    "seconds": "%t [%p] %u@%d/%a ",
    "pgbadger": "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%r ",
}
TEXTS = frozenset({1, 2, 4, 7, 13, 14, 15, 16, 18, 19, 21, 22, 23})
"""Columns of the csv log that the server quotes."""


@dataclass(frozen=True)
class Record:
    """One record of stderr, taken apart."""

    at: int
    """Milliseconds since the epoch, shifted."""
    place: int
    fields: Mapping[str, str]
    rest: str


def moment(text: str) -> int:
    """Return milliseconds since the epoch of `2026-01-01 00:00:00.000 UTC`."""
    return (datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f UTC").replace(tzinfo=UTC) - EPOCH) // timedelta(
        milliseconds=1
    )


def stamp(at: int, *, milliseconds: bool = True) -> str:
    """Return a moment as the server writes it."""
    made = EPOCH + timedelta(milliseconds=at)
    return made.strftime("%Y-%m-%d %H:%M:%S") + (f".{at % 1000:03d}" if milliseconds else "") + " UTC"


def shifted(at: int, program: str, clocks: Mapping[str, Clock]) -> int:
    """Return when a record of a program would have been written, had the program really waited."""
    clock = clocks.get(program)
    if clock is None:
        return at
    place = bisect_left(clock.shifts, (at, -1.0))
    return at + round(clock.shifts[place - 1][1] * 1000) if place else at


def stderr(made: Generated) -> list[Record]:
    """Return the records of the stderr log in their new order."""
    found: list[Record] = []
    lines = (made.folder / "generated.log").read_text().splitlines(keepends=True)
    texts: list[str] = []
    for line in lines:
        if line.startswith("\t") or not RECORD.match(line):
            texts[-1] += line
        else:
            texts.append(line)
    for place, text in enumerate(texts):
        match = RECORD.match(text)
        if match is not None:
            at = shifted(moment(match["m"]), match["a"], made.clocks)
            found.append(Record(at, place, match.groupdict(), match["rest"]))
    return sorted(found, key=lambda record: (record.at, record.place))


def under(records: list[Record], prefix: str) -> str:
    """Return records under a prefix."""
    return "".join(_prefixed(record, prefix) + record.rest for record in records)


def _prefixed(record: Record, prefix: str) -> str:
    """Return a prefix filled in; the shown session's address is the socket's `[local]`."""
    values = {**record.fields, "m": stamp(record.at), "t": stamp(record.at, milliseconds=False), "q": ""}
    return re.sub(r"%([a-zA-Z])", lambda match: values[match[1]], prefix)


def csv_log(made: Generated) -> str:
    """Return the csv log with its times shifted, in its new order."""
    rows = list(csv.reader(io.StringIO((made.folder / "generated.csv").read_text(), newline="")))
    order = sorted(range(len(rows)), key=lambda place: (_row_moment(rows[place], made), place))
    target = io.StringIO()
    for place in order:
        at = _row_moment(rows[place], made)
        row = [stamp(at), *rows[place][1:]]
        target.write(",".join(_quoted(value) if number in TEXTS else value for number, value in enumerate(row)) + "\n")
    return target.getvalue()


def _row_moment(row: list[str], made: Generated) -> int:
    return shifted(moment(row[0]), row[22], made.clocks)


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if value else ""


def json_log(made: Generated) -> str:
    """Return the json log with its times shifted, in its new order."""
    rows = [orjson.loads(line) for line in (made.folder / "generated.json").read_bytes().splitlines()]
    for row in rows:
        row["timestamp"] = stamp(shifted(moment(row["timestamp"]), row.get("application_name", ""), made.clocks))
    return "".join(orjson.dumps(row).decode() + "\n" for row in sorted(rows, key=lambda row: row["timestamp"]))


def forms(made: Generated) -> Iterator[tuple[str, Callable[[], str]]]:
    """Yield the forms in which the log is written, each with what writes it."""
    records = stderr(made)
    for name, prefix in PREFIXES.items():
        yield name, lambda prefix=prefix: under(records, prefix)  # type: ignore[misc]
    yield "csv", lambda: csv_log(made)
    yield "json", lambda: json_log(made)
