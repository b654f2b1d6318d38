"""NUL bytes, which a power cut leaves in files: no statement holds one, so they are read as blanks and counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from advisor.capture.record import Losses, Records

REMARK = "holds NUL bytes, as a power cut leaves them; they were read as blanks"


_RUN = re.compile(rb"\0{8,}+")
"""So many that no writer put them there: what follows begins a line."""


def blanked(block: bytes) -> bytes:
    """Return the bytes with a blank for every NUL, and a line's end for the last of a run: as many bytes as before."""
    if b"\0" not in block:
        return block
    return _RUN.sub(lambda run: b" " * (len(run[0]) - 1) + b"\n", block).replace(b"\0", b" ")


def noted(block: bytes, owned: int, losses: Losses) -> None:
    """Say so where the first `owned` bytes of a block hold NULs."""
    place = block.find(b"\0", 0, owned)
    if place >= 0:
        losses.note(REMARK, block[place : place + 40])


def without_nul(records: Records) -> Records:
    """Return records whose texts may have been written with escaped NULs (`\\u0000` of JSON), as blanks."""
    if not _held(records):
        return records
    records.losses.note(REMARK, b"")
    return replace(
        records,
        text=[blanked(one) for one in records.text],
        detail=_all(records.detail),
        statement=_all(records.statement),
        context=_all(records.context),
    )


def _held(records: Records) -> bool:
    columns = (records.text, records.detail.values(), records.statement.values(), records.context.values())
    return any(b"\0" in one for column in columns for one in column)


def _all(column: Mapping[int, bytes]) -> dict[int, bytes]:
    return {place: blanked(one) for place, one in column.items()}
