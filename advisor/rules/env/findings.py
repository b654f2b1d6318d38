"""What one line of an `env.py` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class EnvironmentFinding:
    """One thing about an `env.py`."""

    code: str
    name: str
    level: Literal["error", "warning", "info"]
    """`error`: a revision with an autocommit block dies, nothing applied."""
    line: int
    what: str
    cures: tuple[str, ...]
