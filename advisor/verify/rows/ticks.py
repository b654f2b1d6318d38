"""Values of ordered types as whole numbers (ticks), so that values between two known ones can be made in bulk."""

from __future__ import annotations

import datetime
import ipaddress
import math
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.catalog.schema import Column

Ticks = NDArray[np.int64]

_LARGEST = 1 << 62
_SCALE = re.compile(r"numeric\(\d+,(\d+)\)")
_INTEGERS = ("int2", "int4", "int8", "oid")
_NUMBERS = ("numeric", "float4", "float8")
_DIGITS = 9
"""Decimal places that are told apart."""
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_DAY = datetime.date(1970, 1, 1)
_TICK = datetime.timedelta(microseconds=1)
_ENOUGH = 12
"""Known values from which on their common step is taken for the column's own."""


@dataclass(frozen=True, slots=True)
class Family:
    """A way to write values of a type as ticks and back."""

    parse: Callable[[str], int]
    """Raises `ValueError` for what has no ticks, such as `infinity`."""
    render: Callable[[Ticks], list[str]]

    def of(self, texts: Iterable[str]) -> Ticks | None:
        """Return the ticks of all texts, `None` where one has none or too many."""
        try:
            found = [self.parse(text) for text in texts]
        except (ValueError, OverflowError):
            return None
        if any(abs(one) > _LARGEST for one in found):
            return None
        return np.array(found, dtype=np.int64)


def family_of(column: Column, known: Sequence[str]) -> Family | None:
    """Return the family of a column's type, given values of it; `None` for types whose values are not counted."""
    base = column.base_type
    if base in _INTEGERS:
        return Family(int, lambda ticks: [str(one) for one in ticks.tolist()])
    if base in _NUMBERS:
        match = _SCALE.match(column.type)
        return _decimal(int(match[1]) if match else _places(known))
    return _FAMILIES.get(base)


def step_of(ticks: Ticks) -> int:
    """Return the step in which values lie: 1, or more where enough of them are all multiples apart."""
    if len(ticks) < _ENOUGH:
        return 1
    return max(1, int(np.gcd.reduce(np.abs(np.diff(np.sort(ticks))))))


def _places(known: Sequence[str]) -> int:
    decimals = [len(text.partition(".")[2]) for text in known if "e" not in text.lower()]
    return min(max(decimals, default=0), _DIGITS)


def _decimal(places: int) -> Family:
    factor: int = 10**places

    def parse(text: str) -> int:
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(text)
        whole, _, fraction = text.partition(".")
        if "e" in text.lower() or len(fraction) > places:
            return round(value * factor)
        digits = int(fraction.ljust(places, "0") or "0")
        return int(whole) * factor + (-digits if whole.startswith("-") else digits)

    def render(ticks: Ticks) -> list[str]:
        if not places:
            return [str(one) for one in ticks.tolist()]
        pairs = ((one < 0, divmod(abs(one), factor)) for one in ticks.tolist())
        return [f"{'-' if below else ''}{whole}.{rest:0{places}d}" for below, (whole, rest) in pairs]

    return Family(parse, render)


def _dates(ticks: Ticks) -> list[str]:
    return [str(one) for one in np.datetime_as_string(ticks.astype("datetime64[D]")).tolist()]


def _moments(zone: str) -> Callable[[Ticks], list[str]]:
    def render(ticks: Ticks) -> list[str]:
        written: list[Any] = np.datetime_as_string(ticks.astype("datetime64[us]"), unit="us").tolist()
        return [one.replace("T", " ") + zone for one in written]

    return render


def _moment(text: str) -> int:
    found = datetime.datetime.fromisoformat(text)
    return ((found if found.tzinfo else found.replace(tzinfo=datetime.UTC)) - _EPOCH) // _TICK


def _time(text: str) -> int:
    found = datetime.time.fromisoformat(text)
    return ((found.hour * 60 + found.minute) * 60 + found.second) * 1_000_000 + found.microsecond


def _times(ticks: Ticks) -> list[str]:
    seconds = ((one // 1_000_000, one % 1_000_000) for one in ticks.tolist())
    return [f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}.{rest:06d}" for whole, rest in seconds]


def _uuids(ticks: Ticks) -> list[str]:
    """Return UUIDs whose first 62 bits are the ticks; the rest follows from them."""
    rest = (ticks.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)).tolist()
    return [str(uuid.UUID(int=one << 66 | below << 2)) for one, below in zip(ticks.tolist(), rest, strict=True)]


def _address(text: str) -> int:
    if "/" in text or ":" in text:
        raise ValueError(text)
    return int(ipaddress.IPv4Address(text))


_FAMILIES: dict[str, Family] = {
    "date": Family(lambda text: (datetime.date.fromisoformat(text) - _DAY).days, _dates),
    "timestamp": Family(_moment, _moments("")),
    "timestamptz": Family(_moment, _moments("+00")),
    "time": Family(_time, _times),
    "uuid": Family(lambda text: uuid.UUID(text).int >> 66, _uuids),
    "inet": Family(_address, lambda ticks: [str(ipaddress.IPv4Address(one)) for one in ticks.tolist()]),
}
