"""Statements longer than anybody writes: long lists lose their tail, what is still too long is cut, both is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from advisor.capture.limits import limits, written
from advisor.capture.record import Losses, Records

LONG = 256 << 10
"""Bytes up to which a text is not looked at, unless a limit of the run is lower."""

_STRING = rb"'(?:[^'\\]++|''|\\.)*+'"
_ITEM = (
    rb"(?:-?[0-9][0-9A-Za-z_.+-]*+|[eE]?" + _STRING + rb"|\$[0-9]++|[Nn][Uu][Ll][Ll]"
    rb"|\((?:[^()'\\]++|" + _STRING + rb")*+\))(?:::[a-z_ ]{1,40}+)?+"
)  # fmt: skip
_COMMA = rb"\s*+,\s*+"
_BEGINS = rb"[(\[sS](?:(?<=[(\[])|(?<=\b[vV][aA][lL][uU][eE][sS]))"
"""What stands before a list: one set of characters first, so that the search skips everything else."""


@lru_cache(maxsize=2)
def _list(elements: int) -> re.Pattern[bytes]:
    """Return the pattern of a list longer than that; its group is what is kept of it."""
    counted = b"{%d}+" % (elements - 1)
    items = rb"(?:" + _ITEM + _COMMA + rb")" + counted + _ITEM
    return re.compile(rb"(" + _BEGINS + rb"\s*+" + items + rb")(?:" + _COMMA + _ITEM + rb")++", re.DOTALL)


def looked_at() -> int:
    """Return the bytes from which on a text is looked at."""
    return min(LONG, limits().statement, 2 * limits().elements)


def bounded(text: bytes, losses: Losses | None = None) -> bytes:
    """Return a statement as far as it is kept, and note in `losses` what was cut."""
    if len(text) <= looked_at():
        return text
    most, elements = limits().statement, limits().elements
    kept, lists = _list(elements).subn(rb"\1", text[: 8 * most])
    if lists and losses is not None:
        losses.note(f"lists of more than {elements:,} values were cut there".replace(",", " "), text[:120])
    if len(kept) > most:
        if losses is not None:
            losses.note(f"statements longer than {written(most)} were cut there", text[:120])
        kept = kept[:most]
    return kept


def bounded_records(records: Records) -> Records:
    """Return records whose texts are as long as is kept."""
    columns = (records.text, records.detail.values(), records.statement.values(), records.context.values())
    if max((len(one) for column in columns for one in column), default=0) <= looked_at():
        return records
    return replace(
        records,
        text=[bounded(one, records.losses) for one in records.text],
        detail=_all(records.detail),
        statement=_all(records.statement),
        context=_all(records.context),
    )


def _all(column: Mapping[int, bytes]) -> dict[int, bytes]:
    return {place: bounded(one) for place, one in column.items()}
