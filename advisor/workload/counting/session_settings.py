"""What a statement sets in its session: SET, RESET, DISCARD, set_config, SET ROLE, as texts of a log show them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from advisor.capture.assembly.parameters import split_parameters

OTHER, SETS, BEGINS, COMMITS, ROLLS_BACK = range(5)
"""What a statement does to its session's settings."""

ALL = "*"
"""The name that stands for every setting."""

_NO_MATTER = re.compile(
    r"application_name|client_\w+|\w*timeout|\w*timeout_\w+|log_\w+|\w+_messages|extra_float_digits|bytea_output"
    r"|standard_conforming_strings|synchronous_commit|transaction\w*|default_transaction\w*|constraints|names|xml"
    r"|session_replication_role|characteristics|lc_messages|password_encryption|check_function_bodies|tcp_\w+|idle_\w+"
)
"""Settings on which no plan and no name depends."""
_COMMENT = re.compile(rb"/\*.*?\*/|--[^\n]*", re.DOTALL)
_BEGINNINGS = {b"set": SETS, b"reset": SETS, b"discard": SETS, b"begin": BEGINS, b"start": BEGINS, b"commit": COMMITS,
               b"end": COMMITS, b"rollback": ROLLS_BACK, b"abort": ROLLS_BACK}  # fmt: skip
_WORD = re.compile(rb"[\s?]*([A-Za-z]+)")
_STRING, _QUOTED = r"'(?:[^']|'')*'", r'"(?:[^"]|"")*"'
_SET = re.compile(
    r"(?:^|;)\s*SET\s+(?:(?P<scope>SESSION(?!\s+AUTHORIZATION)|LOCAL)\s+)?"
    r"(?P<name>SESSION\s+AUTHORIZATION|TIME\s+ZONE|ROLE|[\w$.]+)(?:\s*=\s*|\s+TO\s+|\s+)"
    rf"(?P<value>(?:{_STRING}|{_QUOTED}|[^;'\"])+)",
    re.IGNORECASE,
)
_RESET = re.compile(
    r"(?:^|;)\s*(?:RESET\s+(?P<name>SESSION\s+AUTHORIZATION|[\w$.]+)|(?P<all>DISCARD\s+ALL))", re.IGNORECASE
)
_CONFIG = re.compile(
    rf"\bset_config\s*\(\s*(?P<name>{_STRING}|\$\d+)[^,]*,\s*(?P<value>{_STRING}|\$\d+|NULL|\d+)[^,]*,\s*(?P<local>\w+|\$\d+)",
    re.IGNORECASE,
)
_MEMBER = re.compile(rf"{_STRING}|{_QUOTED}|[^\s,]+")


class Change(NamedTuple):
    """One setting changed."""

    name: str
    """In lower case; `role` and `session_authorization` are settings, too."""
    value: str | None
    """`None`: back to what the session began with."""
    local: bool
    """Whether it ends with the transaction."""


def kind_of(key: bytes) -> int:
    """Return what a statement with this text key does to its session's settings."""
    word = _WORD.match(key)
    kind = _BEGINNINGS.get(word[1].lower(), OTHER) if word else OTHER
    if kind == ROLLS_BACK and re.search(rb"\bto\b", key, re.IGNORECASE):
        return OTHER  # to a savepoint
    if kind == OTHER and b"set_config" in key.lower():
        return SETS
    if b";" in key and re.search(rb";\s*set\b", key, re.IGNORECASE):
        return SETS
    return kind


def changes(text: bytes, listing: bytes | None) -> tuple[Change, ...]:
    """Return what a statement sets, in order; `listing` are its bound values."""
    if listing is None:
        return _changes(text, ())
    return _changes(text, split_parameters(listing) or ())


@lru_cache(maxsize=20_000)
def _changes(text: bytes, bound: tuple[str | None, ...]) -> tuple[Change, ...]:
    plain = _COMMENT.sub(b" ", text).decode("utf-8", "replace")
    found = [(match.start(), _set(match)) for match in _SET.finditer(plain)]
    found += [(match.start(), _reset(match)) for match in _RESET.finditer(plain)]
    found += [(match.start(), _config(match, bound)) for match in _CONFIG.finditer(plain)]
    ordered = sorted(((place, one) for place, one in found if one is not None), key=lambda pair: pair[0])
    return tuple(one for _, one in ordered if one.name == ALL or not _NO_MATTER.fullmatch(one.name))


def _name(written: str) -> str:
    words = " ".join(written.lower().split())
    return {"session authorization": "session_authorization", "time zone": "timezone"}.get(words, words)


def _set(match: re.Match[str]) -> Change | None:
    name, local = _name(match["name"]), (match["scope"] or "").upper() == "LOCAL"
    members = [_bare(one) for one in _MEMBER.findall(match["value"].strip())]
    if not members or name in ("transaction", "session"):
        return None
    written = match["value"].strip()
    if written.upper() == "DEFAULT" or (name == "role" and written.upper() == "NONE"):
        return Change(name, None, local)
    if name == "search_path":
        return Change(name, ", ".join('"' + one.replace('"', '""') + '"' for one in members), local)
    return Change(name, members[0] if len(members) == 1 else ", ".join(members), local)


def _bare(written: str) -> str:
    if written.startswith("'"):
        return written[1:-1].replace("''", "'")
    return written[1:-1].replace('""', '"') if written.startswith('"') else written.lower()


def _reset(match: re.Match[str]) -> Change:
    name = ALL if match["all"] else _name(match["name"])
    return Change(ALL if name == "all" else name, None, False)


def _config(match: re.Match[str], bound: tuple[str | None, ...]) -> Change | None:
    name, value, local = (_value(match[part], bound) for part in ("name", "value", "local"))
    if name is None:
        return None
    if value is None and match["value"].startswith("$"):
        return None  # its values were not logged
    return Change(name.lower(), value, (local or "").lower() not in ("false", "f", "0", "off"))


def _value(written: str, bound: tuple[str | None, ...]) -> str | None:
    if written.startswith("$"):
        number = int(written[1:])
        return bound[number - 1] if number <= len(bound) else None
    return None if written.upper() == "NULL" else _bare(written)
