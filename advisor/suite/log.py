"""Statements as a server would log them: jsonlog, which every command reads as it reads production's.

The duration is that of a test's database, which says nothing; so a workload made of it keeps statements and values.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from advisor.suite.sent_statement import Statement
from advisor.workload.collect import collect
from advisor.workload.model import Query, Workload

USER = "pytest"
_OURS = re.compile(r" /\*request_id='[^']*'(?:,source_location='[^']*')?\*/")
"""The comment that `lines` adds."""


def lines(statements: Iterable[Statement], test: str) -> list[str]:
    """Return one record a statement; the test is the request that they belong to, the call site a tag."""
    return [_line(number, one, test) for number, one in enumerate(statements, 1) if not one.control]


def workload_of(logs: Sequence[Path]) -> Workload:
    """Return the workload of such logs, without times: what ran, with which values, and the loops in it."""
    workload = collect([str(log) for log in logs], jobs=1)
    queries = tuple(sorted((_nominal(query) for query in workload.queries), key=lambda one: one.id))
    return replace(workload, queries=queries, inputs=(), begin=None, end=None, connections=None, incidents=())


def workload_of_tests(tests: Mapping[str, Sequence[Statement]]) -> Workload:
    """Return the workload of some tests, each of which is an application of its own."""
    with tempfile.TemporaryDirectory(prefix="advisor-pytest-") as folder:
        log = Path(folder) / "test.jsonlog"
        with log.open("w", encoding="utf-8") as file:
            for test, statements in tests.items():
                file.writelines(lines(statements, test))
        return collect([str(log)], jobs=1)


def without_tags(text: str) -> str:
    """Return a statement without the comment that says which test sent it, and where."""
    return _OURS.sub("", text)


def _nominal(query: Query) -> Query:
    return replace(
        query,
        text=without_tags(query.text),
        total_ms=0.0, mean_ms=0.0, p50_ms=None, p95_ms=None, p99_ms=None, max_ms=None, durations=(),
        samples=tuple(replace(sample, text=without_tags(sample.text), duration_ms=None) for sample in query.samples),
        users=(), sessions=(), inputs=(), database=None, measured="nominal",
    )  # fmt: skip


def _line(number: int, one: Statement, test: str) -> str:
    stamp = datetime.fromtimestamp(one.start + one.seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    tags = [f"request_id='{_tag(test)}'"]
    tags += [f"source_location='{_tag(f'{one.site.file}:{one.site.line}')}'"] if one.site else []
    text = f"{one.text.rstrip().rstrip(';')} /*{','.join(tags)}*/"
    record = {
        "timestamp": f"{stamp} UTC",
        "user": USER,
        "dbname": USER,
        "session_id": f"{one.connection:x}.1",
        "line_num": number,
        "error_severity": "LOG",
        "message": f"duration: {one.seconds * 1000:.3f} ms  execute <unnamed>: {text}",
    }
    if listing := _listing(one.parameters):
        record["detail"] = f"Parameters: {listing}"
    return json.dumps({**record, "application_name": test}) + "\n"


def _tag(text: str) -> str:
    """Return a value as sqlcommenter writes it."""
    return quote(text, safe="/:[]")


def _listing(values: tuple[str | None, ...] | None) -> str:
    shown = ("NULL" if value is None else "'" + value.replace("'", "''") + "'" for value in values or ())
    return ", ".join(f"${number} = {value}" for number, value in enumerate(shown, 1))
