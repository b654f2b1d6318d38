"""Migrations that are plain SQL files, run one statement after the other on a database of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from advisor.analysis.deeds import placed
from advisor.errors import InputError, ProofError
from advisor.verify.running.child import ALONE, READS, SHOWN
from advisor.verify.running.look import Looked, look

_DOWN = re.compile(r"(?im)^\s*--\s*(?:migrate:down|\+goose\s+down|!downs?|rollback)\b.*\Z", re.DOTALL)
"""Where the way back begins in a file of dbmate, goose or Play."""
_NUMBERS = re.compile(r"(\d+)")


def migration_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files that are named, those of folders in the order of their names, numbers as numbers.

    Files for the way back (`*.down.sql`, `U1__*.sql`) are left out. Raises `InputError` for a path without any.
    """
    found: list[Path] = []
    for path in paths:
        listed = sorted(path.glob("*.sql"), key=_order) if path.is_dir() else [path]
        forward = [one for one in listed if not _backward(one)] if path.is_dir() else listed
        if not forward or not all(one.is_file() for one in forward):
            raise InputError("there is no SQL file", where=str(path), do="name a file, or a folder of *.sql files")
        found += forward
    return tuple(dict.fromkeys(found))


def _backward(path: Path) -> bool:
    return path.name.endswith(".down.sql") or bool(re.match(r"U\d[\w.]*__", path.name))


def _order(path: Path) -> list[tuple[int, int | str]]:
    parts = _NUMBERS.split(path.name)
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]


def run_file(connection: psycopg.Connection[Any], path: Path, named: str, failed: list[ProofError]) -> Iterator[Looked]:
    """Run a file on an autocommit connection and yield what was seen before the first and after each statement.

    A statement outside BEGIN … COMMIT is a transaction of its own. What fails is added to `failed`; what follows goes
    on, as with psql.
    """
    try:
        text = _DOWN.sub("", path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the file cannot be read: {error}", where=str(path), do="give SQL as UTF-8") from None
    yield Looked("", named, 0, "", False, look(connection))
    for line, statement in placed(text):
        try:
            yield from _run(connection, statement, named, line)
        except psycopg.Error as error:
            if connection.info.transaction_status == TransactionStatus.INERROR:
                connection.execute("ROLLBACK")
            failed.append(_failure(error, path, statement, f"{named}:{line}"))


def _failure(error: psycopg.Error, path: Path, statement: str, where: str) -> ProofError:
    reason = str(error.diag.message_primary or error).split("\n")[0]
    what = f"{path.name} failed: {reason}; the statement was: {' '.join(statement.split())[:200]}"
    return ProofError(what, where=where, do="look at the statement; the twin's tables hold no rows, and it is not psql")


def _run(connection: psycopg.Connection[Any], statement: str, named: str, line: int) -> Iterator[Looked]:
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    own = idle and bool(ALONE.match(statement)) and "CONCURRENTLY" not in statement.upper()
    if own:
        connection.execute("BEGIN")
    connection.execute(statement.encode())
    still = connection.info.transaction_status == TransactionStatus.INTRANS
    if not READS.match(statement):
        yield Looked("", named, line, statement[:SHOWN], still, look(connection))
    if own:
        connection.execute("COMMIT")
