"""Texts and documents like known ones: as long, of the same characters, and near them in the order of texts."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

_TAIL = 8
"""Characters of a text that are changed to make another of it."""
_GOLDEN = 2654435761
_DIGITS = string.digits + string.ascii_lowercase
_HEXADECIMAL_FROM = 4
"""Characters from which on numbers are written in base 16, which is fast, and no longer in base 36."""
_FILLER = 1 << 16


def between(low: str, high: str, numbers: range, digits: int, longest: int | None) -> list[str]:
    """Return `low`, and a text for each further number, that begins as `low` does up to where `high` differs from it.

    Letters and digits behind that place are changed, `digits` of them: what stands between them stays, so that an
    address keeps its `@`. A text with too few of them becomes longer.
    """
    cut = min(_common(low, high) + 1, len(low))
    if longest is not None:
        cut = min(cut, max(0, longest - digits))
    spots = _spots(low, cut, digits)
    more = digits - len(spots)
    if longest is not None and len(low) + more > longest:
        spots, more, low = list(range(cut, min(len(low), cut + digits))), 0, low.ljust(min(longest, cut + digits), "0")
        spots = list(range(cut, min(len(low), cut + digits)))
    pieces, start = [], 0
    for spot in spots:
        pieces.append(low[start:spot])
        start = spot + 1
    rest = low[start:]
    made = [low]
    for number in numbers[1:]:
        written = mixed(number, digits)
        varied = "".join(piece + digit for piece, digit in zip(pieces, written, strict=False))
        made.append(varied + rest + (written[len(spots) :] if more else ""))
    return made


def _spots(text: str, cut: int, digits: int) -> list[int]:
    """Return where a text may change behind `cut`: digits first, then the last letters, so that words stay words."""
    loose = [place for place in range(cut, len(text)) if text[place].isalnum()]
    numerals = [place for place in loose if text[place].isdigit()][-digits:]
    letters = [place for place in loose if not text[place].isdigit()]
    missing = digits - len(numerals)
    return sorted([*numerals, *letters[max(0, len(letters) - missing) :]][:digits])


def digits_for(count: int) -> int:
    """Return how many digits of `mixed` tell so many numbers apart."""
    digits = 1
    while (36 if digits < _HEXADECIMAL_FROM else 16) ** digits < count:
        digits += 1
    return digits


def mixed(number: int, length: int) -> str:
    """Return a text of digits and letters for a number, another for each as long as `length` allows."""
    if length >= _HEXADECIMAL_FROM:
        return f"{number * _GOLDEN % 16**length:0{length}x}"
    value, found = number * _GOLDEN % 36**length, ""
    for _ in range(length):
        value, digit = divmod(value, 36)
        found = _DIGITS[digit] + found
    return found


def _common(low: str, high: str) -> int:
    for place, (one, other) in enumerate(zip(low, high, strict=False)):
        if one != other:
            return place
    return min(len(low), len(high))


def filled(count: int, width: int, longest: int | None) -> list[str]:
    """Return `count` texts of about `width` bytes, where nothing but the width is known."""
    width = max(1, width if longest is None else min(width, longest))
    block = "".join(mixed(number * 7919 + 1, _TAIL) for number in range(_FILLER // _TAIL))
    return [_one(number, width, block) for number in range(count)]


def _one(number: int, width: int, block: str) -> str:
    head = mixed(number + 1, min(_TAIL, width))
    left = width - len(head)
    if left <= 0:
        return head
    start = number * 131 % (_FILLER // 2)
    return head + (block[start:] + block * (left // _FILLER + 1))[:left]


def documents(known: Sequence[str], count: int) -> Iterator[str]:
    """Yield jsonb documents of the structure of known ones, each another; the known ones first."""
    yield from known
    parsed = [orjson.loads(one) for one in known]
    for number in range(len(known), count):
        yield orjson.dumps(_another(parsed[number % len(parsed)], number)).decode()


def _another(document: Any, number: int) -> Any:
    if isinstance(document, dict):
        return {key: _another(value, number) for key, value in document.items()}
    if isinstance(document, list):
        return [_another(value, number) for value in document]
    if isinstance(document, str):
        return mixed(number, _TAIL) + document[_TAIL:] if len(document) > _TAIL else document
    if isinstance(document, bool) or document is None:
        return document
    return document + number if isinstance(document, int) and document > 1000 else document
