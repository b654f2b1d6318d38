"""A dump's text as the statements that make schema objects, and what it holds beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from advisor.errors import SnapshotError

_COPY = re.compile(r"COPY\s.*\sFROM\s+stdin\s*;\s*", re.IGNORECASE)
_PSQL = re.compile(r"\\(restrict|unrestrict|connect|c|encoding|set|unset|echo|pset|q|quit)\b")
_SILENT = re.compile(
    r"""(SECURITY\s+LABEL\s | COMMENT\s+ON\s | (INSERT|COPY|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH)\b
      | SELECT\s+pg_catalog\.(setval|pg_restore_\w+)\b
      | SET\s+(default_tablespace|transaction_timeout|session\s+authorization|role)\b
      | BEGIN\b | COMMIT\b | START\s+TRANSACTION\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""Data, remarks and the course of a transaction: a twin holds no row and needs none of them."""
_COUNTED = re.compile(
    r"""(?:(GRANT|REVOKE)\s | (ALTER\s+DEFAULT\s+PRIVILEGES)\s
      | (?:CREATE|ALTER|DROP)\s+
        (DATABASE|ROLE|USER\s+MAPPING|USER|SUBSCRIPTION|PUBLICATION|EVENT\s+TRIGGER|TABLESPACE)\s
      | SELECT\s+pg_catalog\.(?:lowrite|lo_\w+)\b | ALTER\s+(LARGE\s+OBJECT)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What no plan depends on: left out, and counted by the words in the group; large objects have none."""
_OWNER = re.compile(r"ALTER\s.*\sOWNER\s+TO\s+(\"[^\"]*\"|\w+)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_LEADING = re.compile(r"(?:\s++|--[^\n]*+(?:\n|$)|/\*(?:[^*]++|\*(?!/))*+\*/)*+")


def statements(dump: str, left_out: Counter[str] | None = None) -> Iterator[str]:
    """Yield the statements of a dump that may make schema objects, without their leading comments.

    What no plan depends on is counted in `left_out` by its kind. Raises `SnapshotError` for a text that cannot be told
    apart into statements.
    """
    for text in _split(_without_data(dump)):
        statement = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]
        if not statement or _OWNER.match(statement) or _SILENT.match(statement):
            continue
        if counted := _COUNTED.match(statement):
            if left_out is not None:
                left_out[_kind(counted)] += 1
        else:
            yield statement


def _kind(counted: re.Match[str]) -> str:
    words = next((group for group in counted.groups() if group), "LARGE OBJECT")
    return " ".join(words.upper().split())


def _split(text: str) -> tuple[str, ...]:
    """Split with the grammar, which knows `BEGIN ATOMIC`; with the scanner where the grammar is older than the dump."""
    import pglast

    try:
        return tuple(pglast.split(text))
    except pglast.parser.ParseError:
        try:
            return tuple(pglast.split(text, with_parser=False))
        except pglast.parser.ParseError as error:
            what = f"the schema is no complete SQL script: {error.args[0]}"
            raise SnapshotError(what, do="dump the schema again with pg_dump --schema-only") from error


def _without_data(dump: str) -> str:
    """Drop psql's own commands and the rows of COPY blocks."""
    kept, copying = [], False
    for line in dump.splitlines(keepends=True):
        if copying:
            copying = not line.startswith("\\.")
        elif _COPY.fullmatch(line.rstrip("\n")):
            copying = True
        elif not _PSQL.match(line):
            kept.append(line)
    return "".join(kept)
