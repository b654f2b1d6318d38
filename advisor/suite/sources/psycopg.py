"""psycopg 3 by itself: `execute` and `executemany` of its cursors; what SQLAlchemy or Django sends is theirs."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable
from typing import Any

from advisor.suite.sent_statement import Record, Site, Statement
from advisor.suite.site import ELSEWHERE, Sites

LIBRARY = "psycopg"


def install(record: Record, sites: Sites) -> Callable[[], None]:
    """Put recording methods in place of those of the cursor classes; return what puts the old ones back."""
    import psycopg

    replaced: list[tuple[type, str, Any]] = []

    def told(cursor: Any, sql: Any, values: Any, start: float, site: Site | None) -> None:
        if site is ELSEWHERE:
            return
        seconds = time.time() - start
        text = sql if isinstance(sql, str | bytes) else sql.as_string(cursor)
        known = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        record(Statement(known, values, "percent", start, seconds, site, "psycopg", id(cursor.connection)))

    def put(owner: type, name: str, many: bool, waits: bool) -> None:
        original = owner.__dict__.get(name)
        if original is None:
            return

        @functools.wraps(original)
        def execute(self: Any, query: Any, params: Any = None, *rest: Any, **more: Any) -> Any:
            params, first = _first(params, many)
            site, start = sites.of(sys._getframe(1), driver=True), time.time()
            result = original(self, query, params, *rest, **more)
            told(self, query, first, start, site)
            return result

        @functools.wraps(original)
        async def waited(self: Any, query: Any, params: Any = None, *rest: Any, **more: Any) -> Any:
            params, first = _first(params, many)
            site, start = sites.of(sys._getframe(1), driver=True), time.time()
            result = await original(self, query, params, *rest, **more)
            told(self, query, first, start, site)
            return result

        setattr(owner, name, waited if waits else execute)
        replaced.append((owner, name, original))

    for name, waits in (("Cursor", False), ("ServerCursor", False), ("AsyncCursor", True), ("AsyncServerCursor", True)):
        put(getattr(psycopg, name), "execute", False, waits)
        put(getattr(psycopg, name), "executemany", True, waits)

    def ended() -> None:
        for owner, name, original in replaced:
            setattr(owner, name, original)

    return ended


def _first(params: Any, many: bool) -> tuple[Any, Any]:
    """Return the parameters, and the first set of them: an iterator of sets is read into a list."""
    if not many or params is None:
        return params, params
    listed = list(params)
    return listed, listed[0] if listed else None
