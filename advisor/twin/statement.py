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
    types: tuple[str, ...] = ()
    """SQL names of the types that the driver binds, `unknown` where one is left open; empty where all are inferred."""


def unsendable(*texts: str | None) -> str | None:
    """Return why no server can be sent this statement and its values: what a damaged log leaves of them."""
    for text in texts:
        if text is not None and "\0" in text:
            return "it holds a NUL character, which no text of PostgreSQL can"
        if text is not None and not _is_encodable(text):
            return "it holds a character that is none (half of a surrogate pair)"
    return None


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
