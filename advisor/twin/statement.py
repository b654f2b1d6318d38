"""Statements ready to be planned: text, the values bound to it, and what those values rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Basis = Literal["logged", "sampled", "generic"]
"""`logged`: values seen in a log; `sampled`: values taken from `pg_stats`; `generic`: no values, a generic plan."""


@dataclass(frozen=True, slots=True)
class BoundStatement:
    """One way to plan a query."""

    text: str
    """Byte-exact text; may hold `$n`."""
    parameters: tuple[str | None, ...] | None
    """Values for `$1`…; `None` when the text holds no `$n`, or when the plan must be generic."""
    basis: Basis
    weight: float = 1.0
    """Share of the query's executions it stands for; the weights of one query sum to 1."""
    search_path: tuple[str, ...] | None = None
    """Schemas of the session that sent it; `None` for those that its role has on the twin's database."""
    role: str | None = None
    """The role to plan it as; `None` for the owner of the twin's schema."""
    settings: tuple[tuple[str, str], ...] = ()
    """Names and values of settings of the session that sent it, beside `search_path`."""
    assumed: tuple[int, ...] = ()
    """Numbers of the parameters whose values rest on nothing but plausibility: LIMIT, OFFSET, lone expressions."""
