"""Statements longer than anybody writes: long lists lose their tail, what is still too long is cut, both is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from advisor.capture.limits import ELEMENTS, STATEMENT
from advisor.capture.record import Losses, Records

LONG = 256 << 10
"""Bytes from which on a text is looked at."""

CUT = f"statements longer than {STATEMENT >> 20} MB were cut there"
FOLDED = f"lists of more than {ELEMENTS:,} values were cut there".replace(",", " ")

_STRING = rb"'(?:[^'\\]++|''|\\.)*+'"
_ITEM = (
    rb"(?:-?[0-9][0-9A-Za-z_.+-]*+|[eE]?" + _STRING + rb"|\$[0-9]++|[Nn][Uu][Ll][Ll]"
    rb"|\((?:[^()'\\]++|" + _STRING + rb")*+\))(?:::[a-z_ ]{1,40}+)?+"
)  # fmt: skip
_COMMA = rb"\s*+,\s*+"
_BEGINS = rb"[(\[sS](?:(?<=[(\[])|(?<=\b[vV][aA][lL][uU][eE][sS]))"
"""What stands before a list: one set of characters first, so that the search skips everything else."""
_LIST = re.compile(
    rb"(" + _BEGINS + rb"\s*+(?:" + _ITEM + _COMMA + rb"){%d}+" % (ELEMENTS - 1) + _ITEM + rb")(?:" + _COMMA + _ITEM
    + rb")++", re.DOTALL,
)  # fmt: skip

MOST = 8 * STATEMENT
"""Bytes of a text in which a long list is looked for."""


def bounded(text: bytes, losses: Losses | None = None) -> bytes:
    """Return a statement as far as it is kept, and note in `losses` what was cut."""
    if len(text) <= LONG:
        return text
    kept, lists = _LIST.subn(rb"\1", text[:MOST])
    if lists and losses is not None:
        losses.note(FOLDED, text[:120])
    if len(kept) > STATEMENT:
        if losses is not None:
            losses.note(CUT, text[:120])
        kept = kept[:STATEMENT]
    return kept


def bounded_records(records: Records) -> Records:
    """Return records whose texts are as long as is kept."""
    columns = (records.text, records.detail.values(), records.statement.values(), records.context.values())
    if max((len(one) for column in columns for one in column), default=0) <= LONG:
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
