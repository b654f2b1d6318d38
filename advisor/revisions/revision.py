"""A written revision: where the file is, and what it does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Revision:
    """One Alembic revision file that carries out one proposal."""

    revision: str
    """Alembic's revision id."""
    down_revision: str | None
    path: Path
    proposal: str
    """Id of the proposal."""
    index: str
    """Name of the index it creates or drops."""
    model_snippet: str
    """The SQLAlchemy `Index(...)` line for the model."""
    sql: str
    """The same as plain SQL."""
