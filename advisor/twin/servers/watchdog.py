"""The watchdog: ends sessions of the twin's roles whose statement takes too long.

A statement may catch its own cancelling, and may set its own timeout. What ends its session it cannot catch
(`pg_terminate_backend`), and only a superuser's session may end it, which a dump cannot reach.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psycopg

STATEMENT_SECONDS = 10.0
"""What a statement may take."""
_GRACE_SECONDS = 2.0
"""After its timeout a statement may still be cancelled in good order."""
_LEAST_SECONDS = 1.0
_PAUSE_SECONDS = 0.5
_END = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE state = 'active' AND starts_with(datname, %s) AND usename <> current_user
  AND clock_timestamp() - query_start > make_interval(secs => %s)
"""


class Watchdog:
    """Watches over the databases whose names begin alike, in a thread of its own, for the length of a `with` block."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], databases: str) -> None:
        """Take a way to connect as superuser and the beginning of the databases' names."""
        self._connection = connect()
        self._databases = databases
        self._patience = STATEMENT_SECONDS
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pgadvisor-watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the watch."""
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        """Look twice a second; who was ended once leaves less time to all that follow, so that every command ends."""
        try:
            while not self._over.wait(_PAUSE_SECONDS):
                ended = self._connection.execute(_END, [self._databases, self._patience + _GRACE_SECONDS]).fetchall()
                if ended:
                    self._patience = less(self._patience)
        except psycopg.Error:
            return  # the server is gone, which whoever uses it says


def less(seconds: float) -> float:
    """Return what the next statements may take after one that took too long: half, one second at least."""
    return max(seconds / 2, _LEAST_SECONDS)


def took_too_long(error: psycopg.Error) -> bool:
    """Return whether a statement was cancelled for its time, or its session ended."""
    ended = psycopg.errors.QueryCanceled | psycopg.errors.AdminShutdown
    return isinstance(error, ended) or (isinstance(error, psycopg.OperationalError) and error.sqlstate is None)
