"""Numbers with units, as people read them: the same everywhere."""

from __future__ import annotations

import re

from advisor.visible import on_one_line

_LEADING_COMMENTS = re.compile(r"\A(?:\s*+(?:--[^\n]*+(?:\n|\Z)|/\*(?:[^*]++|\*(?!/))*+\*/))++")

ENOUGH = 100
"""Times the width wanted: characters of a text that are looked at."""


def size(number: float) -> str:
    """Return bytes as `812 B`, `96 kB`, `4.2 MB`, `1.3 GB` (1 kB is 1024 bytes, as `pg_size_pretty` has it)."""
    amount = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if abs(amount) < 1024 or unit == "GB":
            break
        amount /= 1024
    digits = 0 if unit == "B" or abs(amount) >= 10 else 1
    return f"{amount:.{digits}f} {unit}"


def milliseconds(number: float | None) -> str:
    """Return a duration as `0.42 ms`, `12 ms`, `3.4 s`, `7 min`, `2.1 h`, or `–` when unknown."""
    if number is None:
        return "–"
    if abs(number) < 1000:
        return f"{number:.2f} ms" if abs(number) < 10 else f"{number:.0f} ms"
    seconds = number / 1000
    if abs(seconds) < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if abs(seconds) < 6000 else f"{seconds / 3600:.1f} h"


def count(number: float | None) -> str:
    """Return a count with thin thousands separators, `–` when unknown."""
    return "–" if number is None else f"{number:,.0f}".replace(",", " ")


def one_line(text: str, width: int = 100) -> str:
    """Return SQL on one line, without the comments it begins with, cut to `width` characters with an ellipsis."""
    flat = on_one_line(" ".join(_LEADING_COMMENTS.sub("", text)[: ENOUGH * width].split()))
    return flat if len(flat) <= width else flat[: width - 1] + "…"
