"""The one way in which a text gets into the page: made visible, then escaped."""

from __future__ import annotations

import re
from html import escape

from advisor.visible import on_one_line, visible

_UNFIT = re.compile(r"[^\w.-]+")
"""What no anchor holds: a fragment with blanks or quotes cannot be linked to from a chat."""


def shown(value: object) -> str:
    """Return a value as text of an element or an attribute; nothing for `None`."""
    return "" if value is None else escape(visible(str(value)), quote=True)


def anchor(*words: str) -> str:
    """Return the fragment of something with an id: the same in every report that holds it."""
    return _UNFIT.sub("-", "-".join(words))


def short(query: str) -> str:
    """Return as much of a query's id as tells it from others."""
    return on_one_line(query)[:12]
