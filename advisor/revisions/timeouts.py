"""How long a statement of ours waits, and timeouts that are put back as they were.

A team's `SET lock_timeout` holds for what comes after a revision. What the timeouts were is noted on the server, in
settings of our own, so that the same statements work offline (`--sql`) and in psql. `RESET` would give the role's or
database's default instead, and switch off what `env.py` set. The durations of builds and of statements that others
queue behind stand in `concurrently.py`, and nowhere else.
"""

from __future__ import annotations

from advisor.revisions.concurrently import LEAST_QUEUE_MS, QUEUE_MS, TIMEOUTS

EXTENSION_LOCK_TIMEOUT = "2s"
EXTENSION_TIMEOUT = "1min"


def brief_lock_timeout(members: int) -> str:
    """Return the timeout of each lock of a statement that locks so many tables: `QUEUE_MS` for all of them."""
    return f"{max(LEAST_QUEUE_MS, QUEUE_MS // max(1, members))}ms"


def kept() -> list[str]:
    """Return the statements that note the timeouts."""
    return [f"SELECT set_config('advisor.{name}', current_setting('{name}'), false)" for name in TIMEOUTS]


def restored() -> list[str]:
    """Return the statements that put the timeouts back."""
    return [f"SELECT set_config('{name}', current_setting('advisor.{name}'), false)" for name in TIMEOUTS]
