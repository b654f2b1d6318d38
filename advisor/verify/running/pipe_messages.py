"""What goes over the pipes between us and the process in which revisions run (`child.py`), as types."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.verify.running.look import Looked

NAME = "pgadvisor revisions"
"""`application_name` of the child's connections."""


class Opening(msgspec.Struct, frozen=True):
    """The first request: whose revisions these are."""

    ini: str | None
    toml: str | None
    section: str
    folder: str
    """The folder with env.py, which is not run."""
    paths: tuple[str, ...]
    """What `prepend_sys_path` puts before Python's own."""
    arguments: tuple[str, ...]
    """Those of `-x`."""
    revisions: tuple[dict[str, str | tuple[str, ...] | None], ...]
    do: Literal["open"] = "open"
    skip: tuple[str, ...] = ()
    name: str = NAME


class Request(msgspec.Struct, frozen=True):
    """Run upgrades or downgrades that lead to `to`, or print the upgrades from `start` to there."""

    do: Literal["upgrade", "downgrade", "offline"]
    to: str
    url: str = ""
    start: str = ""
    skip: tuple[str, ...] = ()
    """Revisions that are noted as applied without being run."""
    name: str = NAME
    look: str = ""
    """Query that looks at the session after each statement; what it saw comes as `Looked`."""


class Pieces(msgspec.Struct, frozen=True):
    """The answer to `Part`."""

    pieces: tuple[str, ...]


class Part(msgspec.Struct, frozen=True, tag_field="kind", tag="part"):
    """A text that may hold several statements, to be handed back one by one."""

    text: str


class Begins(msgspec.Struct, frozen=True, tag_field="kind", tag="begins"):
    """A revision begins."""

    revision: str
    path: str


class Done(msgspec.Struct, frozen=True, tag_field="kind", tag="done"):
    """All of it went through."""

    applied: tuple[str, ...]
    sql: str


class Failed(msgspec.Struct, frozen=True, tag_field="kind", tag="failed"):
    """A revision, or Alembic before it came to one, ended in an error."""

    revision: str
    """Empty when no revision had begun."""
    path: str
    direction: str
    line: int | None
    type: str
    message: str
    sqlstate: str | None
    statement: str
    """The last one that was sent to the server; empty when none was."""
    missing: tuple[str, ...]
    """Environment variables that the revision asked for in vain."""
    variable: str | None
    """The one of them whose absence is the error."""
    asked: bool
    """Whether it asked for `-x` arguments."""
    module: str | None
    """The module that could not be imported."""
    applied: tuple[str, ...]
    """What had gone through before."""


Answer = Begins | Done | Failed | Looked | Part
