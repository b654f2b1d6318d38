"""pg_stat_activity watched for a while: statements with the values they were really sent with.

pg_stat_statements holds no values; where no log can be had, looking at the sessions ten times a second finds some.
How often a statement runs cannot be told from this: its calls and times are made up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from advisor.capture.coverage import InputCoverage
from advisor.capture.events import StatementRow
from advisor.capture.exports.export import StatementExport
from advisor.capture.exports.left_out import Tally

if TYPE_CHECKING:
    import psycopg

INTERVAL_S = 0.1
NOMINAL_MS = 1.0
LOOK = """
    SELECT a.pid, a.query_start, a.query, a.datname, a.usename, a.application_name,
           pg_catalog.octet_length(a.query) >= (SELECT s.setting::pg_catalog.int4 - 1 FROM pg_catalog.pg_settings s
                                     WHERE s.name = 'track_activity_query_size')
    FROM pg_catalog.pg_stat_activity a
    WHERE a.pid <> pg_catalog.pg_backend_pid() AND a.query_start IS NOT NULL AND a.backend_type = 'client backend'
"""
HIDDEN = "<insufficient privilege>"

Seen = tuple[str, str | None, str | None, str | None]
"""Text, database, user and application."""


def watch_activity(url: str, seconds: float) -> StatementExport:
    """Return the statements seen in the server's sessions within `seconds`, each execution once.

    Raises `ServerError` when the server cannot be reached.
    """
    from advisor.capture.conninfo import connection_parameters, place
    from advisor.capture.read_only_session import read_only_session

    name = f"{place(connection_parameters(url))} (pg_stat_activity)"
    tally = Tally()
    seen: dict[tuple[int, Any], Seen] = {}
    with read_only_session(url) as connection:
        for look in _looks(connection, seconds):
            for key, statement, cut_off in look:
                if key not in seen and _usable(statement[0], cut_off, tally):
                    seen[key] = statement
    counts = Counter(seen.values())
    rows = tuple(_row(statement, count) for statement, count in sorted(counts.items(), key=str))
    coverage = InputCoverage(
        name=name,
        kind="pg_stat_activity samples",
        size=sum(len(row.text) for row in rows),
        lines=len(rows),
        records=len(rows),
        executions=float(len(seen)),
        skipped=tally.skipped(),
        settings={"watched": f"{seconds:g} s, every {INTERVAL_S:g} s"},
        hides=("statements that began and were replaced between two looks", "how often each statement runs"),
    )
    return StatementExport(rows, coverage, cumulative=False, nominal=True)


def _looks(connection: psycopg.Connection[Any], seconds: float) -> Iterator[list[tuple[tuple[int, Any], Seen, bool]]]:
    """Yield what the sessions ran at each look; the server shows a transaction one state unless told otherwise."""
    end = time.monotonic() + seconds
    while True:
        connection.execute("SELECT pg_catalog.pg_stat_clear_snapshot()")
        yield [
            ((pid, start), (text, database, user, application or None), cut_off)
            for pid, start, text, database, user, application, cut_off in connection.execute(LOOK)
        ]
        if time.monotonic() + INTERVAL_S > end:
            return
        time.sleep(INTERVAL_S)


def _usable(text: str, cut_off: bool, tally: Tally) -> bool:
    if not text.strip():
        return False
    if text == HIDDEN or cut_off:
        tally.add(
            "text hidden from us" if text == HIDDEN else "text cut off (track_activity_query_size)", "session", text
        )
        return False
    return True


def _row(statement: Seen, count: int) -> StatementRow:
    text, database, user, application = statement
    return StatementRow(text, float(count), NOMINAL_MS * count, user=user, database=database, application=application)
