"""Timeouts that a revision sets, and puts back as they were: a team's `SET lock_timeout` holds for what comes after it.

What they were is noted on the server, in settings of our own, so that the same statements work offline (`--sql`) and in
psql. `RESET` would give the role's or database's default instead, and switch off what `env.py` set.
"""

from __future__ import annotations

TIMEOUTS = ("lock_timeout", "statement_timeout")

FUNCTIONS = '''\
def keep_timeouts():
    """Note the session's timeouts on the server, so that it works offline, too."""
    for name in ("lock_timeout", "statement_timeout"):
        op.execute(f"SELECT set_config('advisor.{name}', current_setting('{name}'), false)")

def restore_timeouts():
    """Put them back as they were; a lost connection must not hide why it was lost."""
    with contextlib.suppress(sa.exc.SQLAlchemyError):
        for name in ("lock_timeout", "statement_timeout"):
            op.execute(f"SELECT set_config('{name}', current_setting('advisor.{name}'), false)")
'''
"""Source of what a body outside a transaction begins and ends with; needs `import contextlib`."""


def kept(*, local: bool = False) -> list[str]:
    """Return the statements that note the timeouts; `local` for a transaction, whose failure undoes all by itself."""
    return [
        f"SELECT set_config('advisor.{name}', current_setting('{name}'), {str(local).lower()})" for name in TIMEOUTS
    ]


def restored(*, local: bool = False) -> list[str]:
    """Return the statements that put the timeouts back."""
    return [
        f"SELECT set_config('{name}', current_setting('advisor.{name}'), {str(local).lower()})" for name in TIMEOUTS
    ]


def within_transaction(lock_timeout: str, statement_timeout: str, calls: str) -> str:
    """Return source that runs `calls` with timeouts of its own, in the transaction that the migration runs in."""
    chosen = [f"SET LOCAL statement_timeout = '{statement_timeout}'", f"SET LOCAL lock_timeout = '{lock_timeout}'"]
    before = [_call(statement) for statement in [*kept(local=True), *chosen]]
    after = [_call(statement) for statement in restored(local=True)]
    return "\n".join([*before, calls.rstrip("\n"), *after]) + "\n"


def _call(statement: str) -> str:
    return f'op.execute("{statement}")'
