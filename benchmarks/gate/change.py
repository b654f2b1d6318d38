"""A change that a merge or production makes, and the registry of its kinds."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.gate.shop import Shop, Statement

Sort = Literal["regression", "harmless"]


@dataclass(frozen=True)
class Change:
    """One change; what it is meant to be is only a hint, the loaded server says what it is."""

    kind: str
    sort: Sort
    revision: tuple[str, ...] = ()
    """Statements of the guilty revision."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings that production has from now on."""
    data: tuple[str, ...] = ()
    """What happens to production's rows before the next snapshot."""
    statements: tuple[tuple[Statement | None, Statement], ...] = ()
    """Statements as they were (`None` for new ones) and as the merge has them."""
    cause: tuple[str, ...] = ()
    """One of these words must stand in what is said of it."""


Maker = Callable[[random.Random, Shop], "Change | None"]
KINDS: dict[str, tuple[Sort, Maker]] = {}
"""Kind to what it is meant to be and what makes one; a maker returns `None` where the shop has no place for it."""


def kind(name: str, sort: Sort) -> Callable[[Maker], Maker]:
    """Register a kind."""

    def register(maker: Maker) -> Maker:
        assert name not in KINDS, name
        KINDS[name] = sort, maker
        return maker

    return register
