"""A written revision: where the file is, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from advisor.catalog.extended_statistics import ExtendedStatistics
from advisor.catalog.index import IndexDefinition

Kind = Literal["create", "drop", "extension", "statistics"]
"""What a revision does: builds one index, drops one index, creates an extension that an index needs, or makes a
statistics object."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One Alembic revision file that carries out one proposal, or one step of it."""

    revision: str
    """Alembic's revision id."""
    down_revision: str | None
    path: Path
    proposal: str
    """Id of the proposal, of the finding for kind `statistics`."""
    index: str
    """Name of the index it creates or drops; of the extension or statistics object for the other kinds."""
    model_snippet: str
    """The SQLAlchemy `Index(...)` line for the model; empty when the model needs none."""
    sql: str
    """The same as plain SQL."""
    kind: Kind = "create"
    source: str = ""
    """Text of the file."""
    definition: IndexDefinition | None = None
    """The index it creates or drops; `None` for the other kinds."""
    statistics: ExtendedStatistics | None = None
    """The statistics object it makes; `None` for the other kinds."""
    existing: bool = False
    """Whether the versions folder already held it, so that nothing was written."""
    helper: Path | None = None
    """The file beside it that was written with it, `None` when it was there; in a dry run, where it would be."""
