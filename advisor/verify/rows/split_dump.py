"""A dump in two: what rows need to be loaded, and what is built once they are there."""

from __future__ import annotations

import re

from advisor.twin.restoring.dump import statements

_DEFINES = re.compile(
    r"""CREATE\s+(?:(?:GLOBAL|LOCAL|TEMP|TEMPORARY|UNLOGGED|FOREIGN)\s+)*(?:TABLE|TYPE|DOMAIN|SEQUENCE)\b
      | ALTER\s+SEQUENCE\b
      | ALTER\s+(?:FOREIGN\s+)?TABLE\s.*\b
        (?:ATTACH\s+PARTITION|INHERIT|SET\s+DEFAULT|ADD\s+GENERATED|ADD\s+COLUMN)\b""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""What tables are made of: all up to the last of these is needed before a row comes."""
_SETS = re.compile(r"SET\s|SELECT\s+pg_catalog\.set_config\b", re.IGNORECASE)


def before_and_after(schema_sql: str) -> tuple[str, str]:
    """Return the statements that make tables, and those that come after them: keys, indexes, triggers, statistics.

    pg_dump writes them in this order. Raises `SnapshotError` for a text that is no SQL.
    """
    every = list(statements(schema_sql))
    last = max((place for place, text in enumerate(every) if _DEFINES.match(text)), default=-1)
    first, second = every[: last + 1], every[last + 1 :]
    return _script(first), _script([*filter(_SETS.match, first), *second])


def _script(texts: list[str]) -> str:
    return "".join(f"{text};\n" for text in texts)
