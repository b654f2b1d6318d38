"""Names within a sentence: the first few of them, and how many there are besides."""

from __future__ import annotations

from collections.abc import Sequence

FEW = 5
"""Names that a sentence lists."""


def first_few(names: Sequence[str]) -> str:
    """Return the first names, and `and N more` where there are more."""
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")
