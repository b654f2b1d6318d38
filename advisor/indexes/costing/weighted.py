"""What a query weighs, and what a candidate takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.indexes.costing.configurations import Field


@dataclass(frozen=True, slots=True)
class Weighted:
    """A query's weight: its time per day and what it costs as things are."""

    field: Field
    time: float
    """Milliseconds per day."""
    cost: float
    estimated: float
    """As in `Outcome`."""
    seen: float
    """The estimated time as things are, bounded by the time that was measured: a walk that ends early every day is none
    that may take long."""


@dataclass(frozen=True, slots=True)
class Economy:
    """What each candidate takes: bytes, time per day, a place on its table."""

    sizes: tuple[int, ...]
    charges: tuple[float, ...]
    tables: tuple[int, ...]
    leads: tuple[int, ...]
    """Number of each one's table and first key."""
    bare: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """Of those with payload: the candidate that is the same without, or none where an existing index is."""
