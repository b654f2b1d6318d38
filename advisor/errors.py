"""The one family of errors a user can cause.

Every error says what happened, where (file, line, query) and what to do now. The command line prints it as one
message and ends with `exit_status`; a traceback is always a defect of ours.
"""

from __future__ import annotations

from advisor.visible import on_one_line, visible


class AdvisorError(Exception):
    """Something the user can act on: `what` happened, `where`, and what to `do` now."""

    exit_status = 2

    def __init__(self, what: str, *, where: str | None = None, do: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        """Return the message as the command line prints it after `error: `."""
        place = f"{on_one_line(self.where)}: " if self.where else ""
        remedy = f"\n  do: {self.do}" if self.do else ""
        return visible(f"{place}{self.what}{remedy}")


class UsageError(AdvisorError):
    """The command line or the configuration asks for something that cannot be."""


class InputError(AdvisorError):
    """A file cannot be read, or nothing in it was understood."""


class WorkerError(AdvisorError):
    """A process that read a log for us is gone."""


class ServerError(AdvisorError):
    """A database cannot be reached, or refuses what we need from it."""


class SnapshotError(AdvisorError):
    """A snapshot folder or schema dump is incomplete, or of a format version we do not know."""


class TwinError(AdvisorError):
    """The throw-away server cannot be started or filled."""


class RevisionError(AdvisorError):
    """An Alembic environment does not admit a safe revision."""


class ProofError(AdvisorError):
    """A proposal or revision did not hold on the throw-away server."""
