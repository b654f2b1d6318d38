"""Python values as PostgreSQL's text input takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

_PLAIN = (int, float, Decimal, UUID)


def text_of(value: Any) -> str | None:
    """Return a value as text, `None` for NULL. Raises `TypeError` for a kind we do not know."""
    value = getattr(value, "obj", getattr(value, "adapted", value))  # Json and Jsonb of psycopg, of psycopg2
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, Enum):
        return text_of(value.value) if isinstance(value.value, str) else value.name
    if isinstance(value, str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds + value.microseconds / 1e6} seconds"
    if isinstance(value, _PLAIN):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, list | tuple | set | frozenset):
        return "{" + ",".join(map(_element, value)) + "}"
    if isinstance(value, Mapping):
        return json.dumps(value, default=str)
    raise TypeError(type(value).__name__)


def _element(value: Any) -> str:
    text = text_of(value)
    if text is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
