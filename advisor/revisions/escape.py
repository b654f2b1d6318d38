"""SQL as Python source: literals that SQLAlchemy passes on to the server byte for byte."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from advisor.catalog.index import quote_identifier

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


@cache
def _dialect() -> Dialect:
    from sqlalchemy.dialects.postgresql.base import PGDialect

    return PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]


def text_literal(sql: str) -> str:
    r"""Return `sa.text(…)` source for `sql`, its colons escaped where SQLAlchemy would read a `:word` as a parameter.

    An unescaped `x = ':v'` would silently become `x = 'NULL'` in the built index.
    """
    escaped = sql if compiled(sql) == sql else sql.replace(":", r"\:")
    return f"sa.text({python_string(escaped)})"


def compiled(text: str) -> str | None:
    """Return what SQLAlchemy sends for `sa.text(text)`, `None` when it finds a parameter in it."""
    import sqlalchemy as sa

    clause = sa.text(text)
    if clause._bindparams:
        return None
    return str(clause.compile(dialect=_dialect()))


def python_string(text: str) -> str:
    """Return a Python string literal, in double quotes unless that needs more escapes."""
    literal = repr(text)
    if literal[0] == "'" and '"' not in literal:
        return f'"{literal[1:-1]}"'
    return literal


def qualified(schema: str, name: str) -> str:
    """Return `schema.name`, each part quoted where needed."""
    return f"{quote_identifier(schema)}.{quote_identifier(name)}"
