"""A written revision: where the file is, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from advisor.catalog.index import IndexDefinition

Kind = Literal["create", "drop", "extension"]
"""What a revision does: builds one index, drops one index, or creates an extension that an index needs."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One Alembic revision file that carries out one proposal, or one step of it."""

    revision: str
    """Alembic's revision id."""
    down_revision: str | None
    path: Path
    proposal: str
    """Id of the proposal."""
    index: str
    """Name of the index it creates or drops; of the extension for kind `extension`."""
    model_snippet: str
    """The SQLAlchemy `Index(...)` line for the model; empty when the model needs none."""
    sql: str
    """The same as plain SQL."""
    kind: Kind = "create"
    source: str = ""
    """Text of the file."""
    definition: IndexDefinition | None = None
    """The index it creates or drops; `None` for an extension."""
    existing: bool = False
    """Whether the versions folder already held it, so that nothing was written."""
