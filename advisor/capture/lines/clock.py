"""Log timestamps as microseconds since the epoch, a column at a time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cache
from typing import cast

import numpy as np

from advisor.capture.record import NO_TIME, Times

ZONES = {
    b"UTC": 0, b"GMT": 0, b"Z": 0, b"WET": 0, b"WEST": 60, b"BST": 60, b"CET": 60, b"CEST": 120, b"MEZ": 60,
    b"MESZ": 120, b"EET": 120, b"EEST": 180, b"MSK": 180, b"IST": 330, b"SGT": 480, b"HKT": 480, b"JST": 540,
    b"KST": 540, b"AEST": 600, b"AEDT": 660, b"NZST": 720, b"NZDT": 780, b"BRT": -180, b"ART": -180, b"EST": -300,
    b"EDT": -240, b"CST": -360, b"CDT": -300, b"MST": -420, b"MDT": -360, b"PST": -480, b"PDT": -420,
    b"AKST": -540, b"HST": -600,
}  # fmt: skip
"""Minutes east of Greenwich of the abbreviations PostgreSQL prints for common time zones."""

STAMP = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?")
SIGNED = re.compile(rb"([+-])(\d\d):?(\d\d)?")


@cache
def offset(zone: bytes) -> int:
    """Return a zone's offset from UTC in microseconds; an unknown abbreviation counts as UTC."""
    if signed := SIGNED.fullmatch(zone):
        minutes = int(signed[2]) * 60 + int(signed[3] or 0)
        return (-minutes if signed[1] == b"-" else minutes) * 60_000_000
    return ZONES.get(zone, 0) * 60_000_000


def times(stamps: Sequence[bytes | None], zones: Sequence[bytes | None] | None = None) -> Times:
    """Return the times of stamps such as `2026-11-20 06:07:41.051`; `NO_TIME` where one is missing, empty or broken.

    A missing zone counts as UTC.
    """
    if None in stamps:
        stamps = [stamp or b"" for stamp in stamps]
    if zones is not None and None in zones:
        zones = [zone or b"" for zone in zones]
    return _known(cast(Sequence[bytes], stamps), cast(Sequence[bytes] | None, zones))


def _known(stamps: Sequence[bytes], zones: Sequence[bytes] | None) -> Times:
    width = f"S{len(stamps[0])}" if stamps else "S"
    try:
        with warnings.catch_warnings(action="error"):  # a zone within a stamp is damage, not a warning
            local = np.array(stamps, dtype=width).astype("datetime64[us]").astype(np.int64)
    except (ValueError, UserWarning):
        local = np.array([_single(stamp) for stamp in stamps], dtype=np.int64)
    if zones is None or not len(local):
        return local
    if zones.count(zones[0]) == len(zones):
        shift = offset(zones[0])
        return np.where(local == NO_TIME, local, local - shift) if shift else local
    shifts = np.fromiter(map(offset, zones), dtype=np.int64, count=len(zones))
    return np.where(local == NO_TIME, local, local - shifts)


def _single(stamp: bytes) -> int:
    if STAMP.fullmatch(stamp) is None:
        return NO_TIME
    try:
        return int(np.datetime64(stamp.decode(), "us").astype(np.int64))
    except ValueError:
        return NO_TIME


def epochs(stamps: Sequence[bytes]) -> Times:
    """Return the times of `%n` stamps: seconds since the epoch with milliseconds."""
    return np.array([round(float(stamp or "nan") * 1e6) if stamp else NO_TIME for stamp in stamps], dtype=np.int64)
