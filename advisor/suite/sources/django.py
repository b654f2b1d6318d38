"""Django: every connection to PostgreSQL, through its own execute wrappers."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from advisor.suite.sent_statement import Record, Statement
from advisor.suite.site import Sites

LIBRARY = "django.db"


def install(record: Record, sites: Sites) -> Callable[[], None]:
    """Wrap the connections that are open, and those to come; return what ends it."""
    from django.db import connections
    from django.db.backends.signals import connection_created

    wrapped: list[Any] = []

    def recorded(execute: Callable[..., Any], sql: Any, values: Any, many: bool, context: dict[str, Any]) -> Any:
        start = time.time()
        result = execute(sql, values, many, context)
        seconds = time.time() - start
        site = sites.of(sys._getframe(1))
        first = values[0] if many and values else values
        record(Statement(sql, first, "percent", start, seconds, site, "django", id(context["connection"])))
        return result

    def wrap(connection: Any, **_: Any) -> None:
        if connection.vendor == "postgresql" and recorded not in connection.execute_wrappers:
            connection.execute_wrappers.append(recorded)
            wrapped.append(connection)

    sites.elsewhere.append("/django/db/")
    connection_created.connect(wrap, weak=False)
    for connection in connections.all(initialized_only=True):
        wrap(connection)

    def ended() -> None:
        connection_created.disconnect(wrap)
        for connection in wrapped:
            if recorded in connection.execute_wrappers:
                connection.execute_wrappers.remove(recorded)

    return ended
