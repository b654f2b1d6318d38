"""What a query weighs, and what a candidate takes."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.indexes.configurations import Field


@dataclass(frozen=True, slots=True)
class Weighted:
    """A query's weight: its time per day and what it costs as things are."""

    field: Field
    time: float
    """Milliseconds per day."""
    cost: float
    felt: float
    """As in `Outcome`."""


@dataclass(frozen=True, slots=True)
class Economy:
    """What each candidate takes: bytes, time per day, a place on its table."""

    sizes: tuple[int, ...]
    charges: tuple[float, ...]
    tables: tuple[int, ...]
    leads: tuple[int, ...]
    """Number of each one's table and first key."""
