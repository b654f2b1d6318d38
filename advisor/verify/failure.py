"""Makes a revision fail for real: an open writer holds the build up, and the waiting build is cancelled.

That is what a deploy's timeout, a lost pod or an impatient operator does, and it leaves what they leave: an INVALID
index and a revision that is not stamped.
"""

from __future__ import annotations

import threading
import time

import psycopg
from psycopg import sql

from advisor.errors import AdvisorError
from advisor.verify.running.scratch import Scratch
from advisor.verify.running.upgrade import History

_WAITING = """
SELECT pid FROM pg_stat_activity
WHERE wait_event_type = 'Lock' AND query ~* '(CREATE|DROP)\\s.*INDEX' AND %s = ANY (pg_blocking_pids(pid))
"""
"""Builds that wait for this writer: for a moment they also wait for anybody's snapshot, ours included."""
PATIENCE = 60.0
"""Seconds until a build that neither waits nor ends is given up."""


def cut_off(history: History, scratch: Scratch, revision: str, table: tuple[str, str]) -> str | None:
    """Upgrade to `revision` while a writer on `table` is open, cancel it once it waits, and return its complaint.

    Returns `None` when the upgrade went through: it never waited for the writer.
    """
    complaint: list[str] = []

    def run() -> None:
        try:
            history.upgrade(scratch.url, revision)
        except AdvisorError as error:
            complaint.append(error.what)

    with scratch.connect(autocommit=False) as writer, scratch.connect() as watcher:
        writer.execute(sql.SQL("LOCK TABLE ONLY {} IN ROW EXCLUSIVE MODE").format(sql.Identifier(*table)))
        upgrade = threading.Thread(target=run)
        upgrade.start()
        try:
            _cancel_once_waiting(watcher, writer.info.backend_pid, upgrade)
        finally:
            writer.rollback()
            upgrade.join()
    return complaint[0] if complaint else None


def _cancel_once_waiting(watcher: psycopg.Connection, writer: int, upgrade: threading.Thread) -> None:
    """Cancel the build once it waits, and return when it waits no longer.

    The writer must stay until then: a cancel is a signal, and a lock granted before it arrives lets the build through.
    """
    deadline = time.monotonic() + PATIENCE
    cancelled: set[int] = set()
    while upgrade.is_alive() and time.monotonic() < deadline:
        waiting = {pid for (pid,) in watcher.execute(_WAITING, (writer,)).fetchall()}
        if cancelled and not cancelled & waiting:
            return
        for pid in waiting - cancelled:
            watcher.execute("SELECT pg_cancel_backend(%s)", (pid,))
        cancelled |= waiting
        time.sleep(0.002)
