"""Surrogates of each type: what stands in for the value of a given rank, so that order and type are kept.

A surrogate is made from the value's rank among all values of its group, never from the value itself. Time stamps are
the exception, see `moved_times`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Code = Callable[[int, int, str], str | None]
"""From rank, number of values and the type's modifier to the surrogate; `None` when the type has not enough values."""

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_LARGEST_INT = 2_000_000_000
_INT_STEP = 1_000
_EPOCH = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Family:
    """How the values of one type are ordered and replaced."""

    name: str
    """Columns of one family share their ranks when `shared`, so that equal values stay equal across a join."""
    shared: bool
    key: Callable[[str], Any]
    code: Code


def family_of(base_type: str) -> Family | None:
    """Return the family of a type without modifier; `None` when its values cannot be replaced."""
    return _FAMILIES.get(base_type)


def split_type(type_name: str) -> tuple[str, str, bool]:
    """Return the base type, its modifier and whether it is an array: `numeric(8,2)[]` is `numeric`, `8,2`, true."""
    match = re.fullmatch(r"(.*?)(?:\(([\d,\-]+)\))?( with(?:out)? time zone)?((?:\[\])*)", type_name, re.DOTALL)
    assert match
    return match[1] + (match[3] or ""), match[2] or "", bool(match[4])


def moved_times(values: Sequence[str]) -> dict[str, str] | None:
    """Return time stamps moved into the gap after each one: close to the originals, equal to none.

    A plan for `created_at > now() - interval '7 days'` needs to know roughly where the values lie. `None` when a value
    is beyond Python's calendar.
    """
    parsed = sorted(
        {value: _time(value) for value in values if "infinity" not in value}.items(), key=lambda item: item[1]
    )
    if any(moment is datetime.max for _, moment in parsed):
        return None
    moved = {value: value for value in values if "infinity" in value}
    for number, (value, moment) in enumerate(parsed):
        moved[value] = _print_time(_within_gap(moment, number, parsed), value)
    return moved


def _within_gap(moment: datetime, number: int, parsed: Sequence[tuple[str, datetime]]) -> datetime:
    following = parsed[number + 1][1] if number + 1 < len(parsed) else moment + timedelta(hours=1)
    gap = following - moment
    share = 0.2 + 0.6 * ((number * 0.6180339887) % 1.0)
    moved = moment + gap * share
    whole = moved.replace(microsecond=0)
    return whole if moment < whole < following else moved


def _time(value: str) -> datetime:
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d+)?(\+00)?", value)
    if match is None:
        return datetime.max
    micros = int(((match[2] or ".0")[1:] + "000000")[:6])
    return datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S").replace(microsecond=micros)


def _print_time(moment: datetime, like: str) -> str:
    text = moment.isoformat(sep=" ", timespec="microseconds").rstrip("0").rstrip(".")
    return text + ("+00" if like.endswith("+00") else "")


def _number(value: str) -> tuple[int, Decimal]:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return (0, Decimal(0))
    if number.is_nan():
        return (2, Decimal(0))
    return (1, number)


def _text(value: str) -> tuple[str, str]:
    return "".join(letter for letter in value.casefold() if letter.isalnum()), value


def _integer_code(rank: int, count: int, _: str) -> str | None:
    step = min(_INT_STEP, _LARGEST_INT // (count + 1))
    return str((rank + 1) * step) if step else None


def _small_code(rank: int, count: int, _: str) -> str | None:
    step = min(10, 65_000 // (count + 1))
    return str(rank * step - 32_500) if step else None


def _numeric_code(rank: int, count: int, modifier: str) -> str | None:
    if not modifier:
        return str((rank + 1) * _INT_STEP)
    precision, scale = ([*map(int, modifier.split(",")), 0])[:2]
    step = min(_INT_STEP, (10**precision - 1) // (count + 1))
    return str(Decimal((rank + 1) * step).scaleb(-scale)) if step else None


def _text_code(rank: int, count: int, modifier: str) -> str | None:
    length = max(1, math.ceil(math.log(max(count, 2), len(_ALPHABET)) - 1e-9))
    if modifier and length > int(modifier):
        return None
    letters = ""
    for _ in range(length):
        rank, digit = divmod(rank, len(_ALPHABET))
        letters = _ALPHABET[digit] + letters
    return letters


def _bytes_code(rank: int, _: int, __: str) -> str | None:
    return f"\\x{rank:08x}"


def _json_code(rank: int, count: int, _: str) -> str | None:
    return f'"{_text_code(rank, count, "")}"'


def _uuid_code(rank: int, _: int, __: str) -> str | None:
    return f"00000000-0000-4000-8000-{rank:012x}"


def _address_code(rank: int, count: int, _: str) -> str | None:
    return f"10.{rank >> 16}.{rank >> 8 & 255}.{rank & 255}" if count < 1 << 24 else None


def _network_code(rank: int, count: int, _: str) -> str | None:
    address = _address_code(rank, count, "")
    return address and f"{address}/32"


def _date_code(rank: int, count: int, _: str) -> str | None:
    return (_EPOCH + timedelta(days=rank)).isoformat() if count < 2_000_000 else None


def _clock_code(rank: int, count: int, _: str) -> str | None:
    return _interval_code(rank, count, "") if count < 86_400 else None


def _interval_code(rank: int, _: int, __: str) -> str | None:
    return f"{rank // 3600:02d}:{rank // 60 % 60:02d}:{rank % 60:02d}"


def _stamp_code(rank: int, _: int, __: str) -> str | None:
    return (datetime(2000, 1, 1) + timedelta(minutes=rank)).isoformat(sep=" ")


_NUMBER = Family("integer", True, _number, _integer_code)
_TEXT = Family("text", False, _text, _text_code)
_FAMILIES = {
    "integer": _NUMBER,
    "bigint": _NUMBER,
    "smallint": Family("smallint", False, _number, _small_code),
    "numeric": Family("numeric", False, _number, _numeric_code),
    "real": Family("float", False, _number, _numeric_code),
    "double precision": Family("float", False, _number, _numeric_code),
    "text": _TEXT,
    "character varying": _TEXT,
    "character": _TEXT,
    "name": _TEXT,
    "citext": _TEXT,
    "public.citext": _TEXT,
    "bytea": Family("bytea", False, str, _bytes_code),
    "jsonb": Family("jsonb", False, _text, _json_code),
    "uuid": Family("uuid", True, str, _uuid_code),
    "inet": Family("inet", False, _text, _address_code),
    "cidr": Family("cidr", False, _text, _network_code),
    "date": Family("date", True, str, _date_code),
    "time without time zone": Family("time", False, str, _clock_code),
    "interval": Family("interval", False, str, _interval_code),
    "timestamp without time zone": Family("timestamp", False, str, _stamp_code),
    "timestamp with time zone": Family("timestamp", False, str, _stamp_code),
}
