"""Says of a revision that failed which one it is, at which line, with which statement, and what to pass to it."""

from __future__ import annotations

import re

from advisor.errors import AdvisorError, ProofError, RevisionError
from advisor.verify.running.pipe_messages import Failed

_ROLE = re.compile(r'role "([^"]+)" does not exist')
_DATABASE = re.compile(r'database "([^"]+)" does not exist')
_ALTERED = re.compile(r'\bALTER\s+(?:ROLE|USER)\s+("(?:[^"]|"")+"|[\w$]+)', re.IGNORECASE)
_UNDEFINED_OBJECT, _NO_RIGHT, _NO_DATABASE = "42704", "42501", "3D000"
_READS = re.compile(r"\s*(?:SELECT|WITH|TABLE|VALUES)\b", re.IGNORECASE)
_EXTENSION = re.compile(r'\s*CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?("?[\w-]+"?)', re.IGNORECASE)
_SHOWN = 200


class RevisionFailure(ProofError):
    """A revision that did not go through, with what is known of it."""

    def __init__(self, failed: Failed) -> None:
        self.failed = failed
        place = f"{failed.path}:{failed.line}" if failed.line else failed.path
        super().__init__(_what(failed), where=place or None, do=_do(failed))

    @property
    def revision(self) -> str:
        """Return the revision's id."""
        return self.failed.revision

    @property
    def role(self) -> str | None:
        """Return the role that the server does not have, when that is the failure."""
        found = _ROLE.search(self.failed.message) if self.failed.sqlstate == _UNDEFINED_OBJECT else None
        return found[1] if found else None

    @property
    def database(self) -> str | None:
        """Return the database that the server does not have, when that is the failure."""
        found = _DATABASE.search(self.failed.message) if self.failed.sqlstate == _NO_DATABASE else None
        return found[1] if found else None

    @property
    def altered_role(self) -> str | None:
        """Return the role that an owner may not alter, when that is the failure."""
        found = _ALTERED.search(self.failed.statement) if self.failed.sqlstate == _NO_RIGHT else None
        name = found[1] if found else None
        return name[1:-1].replace('""', '"') if name and name.startswith('"') else name and name.lower()

    @property
    def extension(self) -> str | None:
        """Return the extension that an owner may not create, when that is the failure."""
        found = _EXTENSION.match(self.failed.statement) if self.failed.sqlstate == _NO_RIGHT else None
        return found[1].strip('"') if found else None


def failure(failed: Failed) -> AdvisorError:
    """Return the error to raise: a `RevisionFailure`, or a `RevisionError` when Alembic came to no revision."""
    if failed.revision:
        return RevisionFailure(failed)
    if failed.module:
        do = "give --python the interpreter of an environment that holds Alembic and a driver (psycopg or psycopg2)"
        return RevisionError(f"revisions cannot be run: {failed.message}", do=do)
    return RevisionError(failed.message or failed.type, do="make `alembic history` work first")


def _what(failed: Failed) -> str:
    """Return one line: the revision, the reason and the statement."""
    reason = failed.message.strip().split("\n")[0]
    if failed.variable:
        reason = f"the environment variable {failed.variable} is not passed to it"
    elif failed.sqlstate is None:
        reason = f"{failed.type}: {reason}" if reason else failed.type
    said = f"revision {failed.revision} failed: {reason}"
    if not failed.statement:
        return said
    verb = "statement" if failed.sqlstate else "after the statement"
    return f"{said}; {verb}: {_one_line(failed.statement)}"


def _one_line(statement: str) -> str:
    flat = " ".join(statement.split())
    return flat if len(flat) <= _SHOWN else f"{flat[: _SHOWN - 1]}…"


def _do(failed: Failed) -> str:
    """Return what to pass, and how to leave the revision out."""
    leave_out = f"leave it out with --skip {failed.revision}"
    if failed.variable or (failed.missing and not failed.sqlstate):
        names = [failed.variable] if failed.variable else list(dict.fromkeys(failed.missing))
        return f"{' '.join(f'--pass-env {name}' for name in names)} (and set it), or {leave_out}"
    if failed.module:
        return f"--python PATH: the interpreter of an environment that holds {failed.module}; or {leave_out}"
    if failed.asked and not failed.sqlstate:
        return f"it asks for -x arguments: -x NAME=VALUE, as you would give alembic; or {leave_out}"
    if failed.sqlstate == _NO_RIGHT:
        return f"revisions run as an owner without any further right: {leave_out}"
    if failed.sqlstate is None and _READS.match(failed.statement):
        return f"tables hold no rows here: let the revision do without any, or {leave_out}"
    return f"correct it, or {leave_out}"
