"""The schema: a dump's statements, made by the owner of the twin in batches, one by one where a batch is refused."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import psycopg
from psycopg import sql

from advisor.twin.restoring.collations import stand_in
from advisor.twin.restoring.ddl import (
    ForeignServer,
    LeftOut,
    NewExtension,
    NewSchema,
    Owned,
    Part,
    Privileged,
    Wrapper,
    sorted_out,
    without_options,
)
from advisor.twin.restoring.dump import statements
from advisor.twin.restoring.extensions import create_extension
from advisor.twin.restoring.foreign import ForeignServers, is_wrapper
from advisor.twin.restoring.lacking import caller_of, lack_of
from advisor.twin.restoring.object_order import Ranks, in_order
from advisor.twin.restoring.repair import Cut, as_hash_partition, cut_notes, without
from advisor.twin.servers.rights import Sessions
from advisor.twin.servers.watchdog import took_too_long

_PATH = re.compile(r"SET\s+(?:SESSION\s+)?search_path\s*(?:=|TO)\s*[\"']?(\w+)", re.IGNORECASE)
_IS_SETTING = re.compile(r"SE(T|LECT)\s", re.IGNORECASE)
_HEAD = 90
_BATCH = 200
"""Statements sent as one; all of them run or none."""
_REPAIRS = 50
"""Things that one statement may lack, one by one."""
_LEAKPROOF = "UPDATE pg_proc SET proleakproof = true WHERE oid = %s AND proowner = %s::regrole"


def restore_schema(sessions: Sessions, schema_sql: str, ranks: Ranks | None = None) -> list[str]:
    """Run a dump's schema statements; return a note for each that failed or had to be changed.

    `ranks` are production's object ids, in whose order things are made. The superuser makes what only a superuser may
    and what evaluates nothing.
    """
    left_out: Counter[str] = Counter()
    parts = [(text, sorted_out(text)) for text in in_order(statements(schema_sql, left_out), ranks or {})]
    sessions.setup.append("SET check_function_bodies = off")
    restore = _Restore(sessions)
    notes = [*restore.first(parts), *restore.rest(parts)]
    notes += [*cut_notes(restore.cuts), *restore.notes]
    if left_out:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(left_out.items()))
        notes.append(f"left out, as no plan depends on it: {counts}")
    return list(dict.fromkeys(notes))


class _Restore:
    """One database being filled."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.superuser = sessions.superuser
        self._name = sessions.owner.info.user
        self._foreign = ForeignServers(self.superuser, self._name)
        self.cuts: list[Cut] = []
        """What was left out of statements, so that they could be run."""
        self.notes: list[str] = []
        self._partitions = itertools.count()

    def first(self, parts: Iterable[tuple[str, Part]]) -> Iterator[str]:
        """Make schemas and extensions, while nothing of the dump's is there that their scripts could meet."""
        extensions: list[tuple[str, NewExtension]] = []
        path = None
        for text, part in parts:
            if isinstance(part, NewSchema):
                yield from self._owned(part.text)
            elif isinstance(part, NewExtension):
                extensions.append((text, NewExtension(part.name, part.schema or path)))
            elif found := _PATH.match(text):
                path = found[1]
        for text, extension in extensions:
            if is_wrapper(extension.name):
                self._foreign.wrapper(extension.name, handled=True)
            elif reason := create_extension(self.superuser, extension.name, extension.schema):
                yield f"skipped: {_head(text)} ({reason})"

    def rest(self, parts: Iterable[tuple[str, Part]]) -> Iterator[str]:
        """Make all other objects in their order."""
        batch: list[str] = []
        for text, part in parts:
            if isinstance(part, Owned) and part.leakproof is None:
                batch.append(part.text)
            elif not isinstance(part, NewSchema | NewExtension):
                yield from self._batch(batch)
                batch = []
                yield from self._special(text, part)
            if len(batch) == _BATCH:
                yield from self._batch(batch)
                batch = []
        yield from self._batch(batch)

    def _special(self, text: str, part: Part) -> Iterator[str]:
        try:
            match part:
                case LeftOut(reason):
                    yield f"left out: {_head(text)} ({reason})"
                case Owned(own, leakproof):
                    yield from self._owned(own) if own else ()
                    self._mark_leakproof(leakproof or "")
                case Privileged(own):
                    self._privileged(own)
                case Wrapper(name, handled):
                    self._foreign.wrapper(name, handled=handled)
                case ForeignServer(name, wrapper, options):
                    note = self._foreign.server(name, wrapper, options)
                    yield from [note] if note else []
        except psycopg.Error as error:
            yield from _refused(text, error)

    def _batch(self, texts: Sequence[str]) -> Iterator[str]:
        """Run statements as one; one by one when the server refuses any of them."""
        if len(texts) > 1:
            try:
                self.sessions.owner.execute("\n;\n".join(texts).encode())
            except psycopg.Error:
                pass
            else:
                self.sessions.setup += filter(_IS_SETTING.match, texts)
                return
        for text in texts:
            yield from self._owned(text)

    def _owned(self, text: str) -> list[str]:
        """Run one statement, or what is left of it without what the twin lacks, so that its table lives."""
        for _ in range(_REPAIRS):
            try:
                self.sessions.owner.execute(text.encode())
            except psycopg.Error as error:
                if took_too_long(error):
                    self.sessions.lose_patience()
                    return _refused(text, error)
                changed = self._repaired(text, error)
                if changed is None or changed == text:
                    return _refused(text, error)
                text = changed
            else:
                break
            if not text:
                break
        self.sessions.setup += filter(_IS_SETTING.match, [text])
        return []

    def _repaired(self, text: str, error: psycopg.Error) -> str | None:
        """Return what to run in the place of a refused statement, empty for nothing; `None` when nothing helps."""
        try:
            if isinstance(error, psycopg.errors.FdwInvalidOptionName):
                return without_options(text)
            if "invalid bound specification" in (error.diag.message_primary or ""):
                return as_hash_partition(text, next(self._partitions))
            if lack := lack_of(error):
                caller = caller_of(error)
                found = without(text, lack) or (without(text, caller) if caller else None)
                self.cuts += found[1] if found else []
                return found and found[0]
            return self._collated(text, error)
        except psycopg.Error:
            return None

    def _collated(self, text: str, error: psycopg.Error) -> str | None:
        """Let a collation stand in for one that the twin lacks, where that is what the statement failed for."""
        found = stand_in(self.superuser, text, error) if "COLLA" in text.upper() else None
        if found is None:
            return None
        again, note = found
        self.notes.append(note)
        return f"{text} " if again else ""

    def _mark_leakproof(self, signature: str) -> None:
        """Mark a function of the owner's; its name is looked up by the owner, its mark made by object id."""
        row = self.sessions.owner.execute("SELECT %s::regprocedure::oid", [signature]).fetchone()
        self.superuser.execute(_LEAKPROOF.encode(), [row[0] if row else 0, sql.Identifier(self._name).as_string()])

    def _privileged(self, text: str) -> None:
        """Run a statement as superuser, its names looked up where the dump's are, PostgreSQL's own first."""
        row = self.sessions.owner.execute("SELECT current_schemas(false)::text[]").fetchone()
        path = [name for name in (row[0] if row else []) if not name.startswith("pg_")] or ["public"]
        with self.superuser.transaction(), self.superuser.pipeline():  # which takes one statement at a time
            names = ", ".join(sql.Identifier(name).as_string() for name in path)
            self.superuser.execute("SELECT pg_catalog.set_config('search_path', %s, true)", [names])
            self.superuser.execute(text.encode())


def _refused(statement: str, error: psycopg.Error) -> list[str]:
    reason = "it took too long" if took_too_long(error) else error.diag.message_primary or str(error)
    return [] if _expected(statement, error) else [f"skipped: {_head(statement)} ({reason})"]


def _expected(statement: str, error: psycopg.Error) -> bool:
    """Return whether the failure means nothing: the object is there, or a setting is a version's own."""
    head = statement.upper()
    if head.startswith("SET "):
        return True
    return head.startswith("CREATE SCHEMA") and isinstance(error, psycopg.errors.DuplicateSchema)


def _head(statement: str) -> str:
    flat = " ".join(statement.split())
    return flat if len(flat) <= _HEAD else flat[: _HEAD - 1] + "…"
