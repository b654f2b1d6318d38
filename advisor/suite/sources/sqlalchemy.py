"""SQLAlchemy: every engine of the process, whatever driver it speaks PostgreSQL with."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from advisor.suite.sent_statement import Record, Statement, Style
from advisor.suite.site import Sites

LIBRARY = "sqlalchemy.engine"


def install(record: Record, sites: Sites) -> Callable[[], None]:
    """Listen to all engines; return what ends it."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    began: dict[int, float] = {}

    def before(connection: Any, cursor: Any, *_: Any) -> None:
        began[id(cursor)] = time.time()

    def after(connection: Any, cursor: Any, sql: str, values: Any, context: Any, many: bool) -> None:
        start = began.pop(id(cursor), None)
        if start is None or connection.dialect.name != "postgresql":
            return
        style: Style = "dollar" if connection.dialect.paramstyle.startswith("numeric") else "percent"
        first = values[0] if many and values else values
        site = sites.of(sys._getframe(1))
        seconds = time.time() - start
        record(Statement(sql, first, style, start, seconds, site, "sqlalchemy", id(connection.connection)))

    sites.elsewhere.append("/sqlalchemy/")
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)

    def ended() -> None:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)

    return ended
