"""Bound values as the server logs them: `$1 = '0', $2 = 'it''s', $3 = NULL`."""

from __future__ import annotations

import re

VALUE = re.compile(rb"\$(\d+) = (?:(NULL)|'((?:[^']|'')*)')(?:, |$)", re.S)

TRUNCATED = re.compile(rb"\.\.\.$")


def split_parameters(listing: bytes) -> tuple[str | None, ...] | None:
    """Return the values of a `Parameters:` listing, `None` for NULL; nothing at all when one is cut short or missing.

    The server ends a value it cut (`log_parameter_max_length`) with `...`; such a value must never reach a plan.
    """
    values: list[str | None] = []
    place = 0
    while place < len(listing):
        match = VALUE.match(listing, place)
        if match is None or int(match[1]) != len(values) + 1:
            return None
        if match[2]:
            values.append(None)
        elif TRUNCATED.search(match[3]):
            return None
        else:
            values.append(match[3].replace(b"''", b"'").decode("utf-8", "replace"))
        place = match.end()
    return tuple(values)


LEAD = 60
"""Longest wording before a listing, in any language."""


def listed(detail: bytes) -> bytes | None:
    """Return the listing in a DETAIL line, in whatever language it is announced, `None` when it holds none."""
    place = detail.find(b"$1 = ", 0, LEAD)
    return detail[place:] if place >= 0 and detail[place - 1 : place] == b" " else None


TOKEN = re.compile(rb"\$\d+ = (NULL|'(?:[^']|'')*')(?:, |$)", re.S)


def listed_values(listing: bytes) -> list[bytes] | None:
    """Return the values of a listing as raw tokens, quotes and all; nothing when one was cut short."""
    return None if b"...'" in listing else TOKEN.findall(listing)
