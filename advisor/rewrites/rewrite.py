"""What a rewriting gives: a statement with the claim it must be proven by, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Form = Literal[
    "not-exists", "union", "keyset", "range", "contains",
    "any", "lateral", "aggregate", "tuples", "insert", "update", "merge", "delete", "joined", "walk",
]  # fmt: skip
Claim = Literal["same", "rounds", "pages", "joined", "walk"]
"""`same`: as the original, with the same values; `rounds`: one run does what a run of the original for each element of
the arrays did; `pages`: each page is the one that follows; `joined`: each row beside what the original finds for it;
`walk`: all that the original finds when it is run for each row it found."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One statement in place of another, and what it claims."""

    form: Form
    claim: Claim
    text: str
    original: str
    """The statement whose meaning it claims, where `same`; of a loop the repeated one."""
    arrays: tuple[int, ...] = ()
    """Numbers of its parameters that take an array, one element per round of the loop."""
    numbers: tuple[int, ...] = ()
    """For each of its parameters, the number it has in the original."""
    keys_first: int = 0
    """How many columns that name the round stand before the original's (`rounds`)."""
    keys_last: int = 0
    """How many stand after them."""
    keys: tuple[int, ...] = ()
    """Of a write, the original's parameters that name a row: rounds with the same values here write the same row."""
    once: bool = False
    """Whether the server refuses a key given twice."""
    page: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """`pages`: `last` numbers of the parameters that take the last row's values, `places` where those stand in a row
    (from 0, from the end where negative), `size` and `skip` the original's parameters of LIMIT and OFFSET."""
    first: str | None = None
    """`pages`: the statement of the first page."""
    index: str | None = None
    """The index that serves it, as `table (columns)`."""
    explanation: str = ""
    """What its parameters take and how it differs, in words."""
    parent: str | None = None
    """`joined`: the statement it goes through."""
    parent_numbers: tuple[int, ...] = ()
    """`joined`: for each of its first parameters, the number it has in the parent; `numbers` are those after them."""
    link: tuple[str, ...] = ()
    """`joined`: the parent's output columns whose values the original's parameters take; `walk`: the column whose
    values the next rounds take."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no statement is offered, in words that say what stands against it."""

    reason: str
