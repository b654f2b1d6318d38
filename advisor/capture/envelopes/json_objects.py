"""JSON in the shapes transports write it: one object a line, an array, or either of them spread over many lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

OPENING = re.compile(rb"^([ \t]*)\{\s*$", re.MULTILINE)


def _integer(digits: str) -> int | float:
    """Return a number; one of more digits than Python reads as an integer as the nearest there is."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


DECODER = json.JSONDecoder(parse_int=_integer)
Item = dict[str, Any] | bytes
"""An object, or a line that is no JSON, as it came."""


def objects(block: bytes) -> Iterator[Item]:
    """Yield the objects of a block, one after the other; what is no JSON comes as the line it is."""
    if _spread(block):
        yield from _decoded(block.decode(errors="replace"))
        return
    for line in block.split(b"\n"):
        trimmed = line.strip(b" \t\r,[]\x1e")
        if not trimmed:
            continue
        try:
            value = orjson.loads(trimmed)
        except orjson.JSONDecodeError:
            found: list[Item] = list(_decoded(trimmed.decode(errors="replace")))
            yield from found or [line]
        else:
            yield value if isinstance(value, dict) else line


def _spread(block: bytes) -> bool:
    """Return whether objects go over several lines: the first line that is not blank does not hold a whole one."""
    for line in block.split(b"\n", 20)[:20]:
        trimmed = line.strip(b" \t\r,[]")
        if trimmed:
            return trimmed.startswith((b"{", b'"', b"}")) and not (trimmed.startswith(b"{") and trimmed.endswith(b"}"))
    return False


def _decoded(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost objects of a text; a broken or cut-off one is passed over."""
    position = text.find("{")
    while position >= 0:
        try:
            value, end = DECODER.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            end = position + 1
        else:
            if isinstance(value, dict):
                yield value
        position = text.find("{", end)


def cut(block: bytes) -> int:
    """Return the length of the whole objects at the beginning of `block`."""
    if not _spread(block):
        return block.rfind(b"\n") + 1
    indents = Counter(match[1] for match in OPENING.finditer(block))
    items = min((indent for indent, count in indents.items() if count > 1), key=len, default=None)
    closing = None if items is None else block.rfind(b"\n" + items + b"}")
    return block.find(b"\n", closing + 1) + 1 if closing is not None and closing >= 0 else 0


def oldest_first(items: Sequence[Item], time: Callable[[Any], str]) -> Sequence[Item]:
    """Return the items turned round where their times fall: consoles and query tools show the newest first."""
    times = [time(item) for item in items if isinstance(item, dict)]
    return list(reversed(items)) if len(times) > 1 and times[0] > times[-1] else items
