"""Named columns and the records under them: what a form makes of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from advisor.capture.coverage import Skipped

GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
OFFSET = re.compile(r"(\d) ([+-]\d\d:?\d{0,2}|Z)$")
"""The blank that some clients put before a time's offset."""
LARGEST = 1e20
"""No counter of PostgreSQL goes further: they have 64 bits. What is beyond is broken, and sums would overflow."""
NULLS = {"", r"\N", "null", "(null)", "[null]"}
"""What exporters write for NULL: psql, COPY, pgAdmin, DBeaver."""


@dataclass(frozen=True, slots=True)
class Table:
    """Records under normalised column names."""

    form: str
    """The form in words, for example `CSV`."""
    columns: tuple[str, ...]
    """Lower-case names, blanks as underscores, in the order of the file."""
    records: tuple[Mapping[str, str | None], ...]
    """Cells as text, `None` for SQL NULL where the form can tell."""
    places: tuple[int, ...] = ()
    """Line (or record number) of each record."""
    skipped: Mapping[str, Skipped] = field(default_factory=dict)
    decimal_comma: bool = False
    """Whether numbers use a comma before their fraction."""


def column_name(cell: str) -> str:
    """Return a header cell under the name we look it up by."""
    return cell.strip().strip('"').strip().rpartition(".")[2].lower().replace(" ", "_")


def number(cell: str | None, decimal_comma: bool = False) -> float | None:
    """Return a cell's number, `None` for NULL; raises `ValueError` when it holds neither."""
    if cell is None or (text := cell.strip()).lower() in NULLS:
        return None
    if "," in text:
        text = text.replace(",", "." if decimal_comma and not GROUPED.fullmatch(text) else "")
    value = float(text)
    if not abs(value) <= LARGEST:
        raise ValueError(f"not a number that a counter can hold: {cell}")
    return value


def moment(cell: str | None) -> float | None:
    """Return a cell's time in seconds since the epoch (UTC where it names no zone), `None` when it is none."""
    if cell is None or not (text := cell.strip()):
        return None
    try:
        parsed = datetime.fromisoformat(OFFSET.sub(r"\1\2", text.removesuffix(" UTC")))
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def truth(cell: str | None) -> bool:
    """Return a boolean cell's value; true unless it plainly says false."""
    return cell is None or cell.strip().lower() not in {"f", "false", "0", "no", "n", "off"}
