"""One statement that a test sent, as the library had it, and as PostgreSQL is sent it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from advisor.suite.values import text_of

Style = Literal["percent", "dollar"]
"""How parameters stand in the text: `%s` and `%(name)s`, or `$1`."""
_PLACE = re.compile(r"%(?:%|[sbt]|\((?P<name>[^)]*)\)[sbt])")
_CONTROL = re.compile(
    r"\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|RESET|SHOW|DISCARD)\b", re.IGNORECASE
)


class Site(NamedTuple):
    """Where the application sent a statement."""

    file: str
    """From pytest's root folder where it lies below it."""
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One execution."""

    sql: Any
    """As the library was given it; some are no `str`."""
    values: Any
    style: Style
    start: float
    """Seconds since 1970."""
    seconds: float
    site: Site | None
    library: str
    connection: int

    @property
    def text(self) -> str:
        """Return the statement with `$1`… for parameters."""
        return converted(str(self.sql), self.style, bool(self.values))[0]

    @property
    def parameters(self) -> tuple[str | None, ...] | None:
        """Return the values of its parameters as text, `None` where some cannot be told."""
        if not self.values:
            return ()
        names = converted(str(self.sql), self.style, True)[1]
        return _bound(names, self.values)

    @property
    def control(self) -> bool:
        """Return whether it only begins or ends a transaction, or changes a setting."""
        return bool(_CONTROL.match(str(self.sql)))


Record = Callable[[Statement], None]
"""What a source calls after each execution."""


@lru_cache(maxsize=4096)
def converted(sql: str, style: Style, given: bool) -> tuple[str, tuple[str | None, ...]]:
    """Return a text with `$n` for its places, and the name of each parameter, `None` where they stand in order.

    A name that stands twice is one parameter, as psycopg sends it. Without values a percent sign is one.
    """
    if style == "dollar" or not given:
        return sql, ()
    names: list[str | None] = []

    def place(found: re.Match[str]) -> str:
        name = found["name"]
        if found[0] == "%%":
            return "%"
        if name is None or name not in names:
            names.append(name)
        return f"${names.index(name) + 1 if name is not None else len(names)}"

    return _PLACE.sub(place, sql), tuple(names)


def _bound(names: Sequence[str | None], values: Any) -> tuple[str | None, ...] | None:
    try:
        if isinstance(values, Mapping):
            return tuple(text_of(values[name]) for name in names)
        return tuple(map(text_of, values))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
