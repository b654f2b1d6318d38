"""What the server says a statement names and the twin has not: a function, operator, type, schema or relation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import psycopg

Kind = Literal["function", "operator", "type", "schema", "relation", "text search configuration"]


@dataclass(frozen=True, slots=True, order=True)
class Lack:
    """Something missing, by the name that the statement gives it: parts joined by points, without quotes.

    A name that begins with a point is looked for in every schema.
    """

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name.removeprefix('.')}"


_MESSAGES: dict[str, tuple[tuple[Kind, re.Pattern[str]], ...]] = {
    "42883": (
        ("function", re.compile(r"function (.+?)\(.*\) does not exist", re.DOTALL)),
        ("operator", re.compile(r"operator does not exist: (?:.* )?((?:\S+\.)?[-+*/<>=~!@#%^&|`?]+)(?: .*)?")),
    ),
    "42704": (
        ("type", re.compile(r'type "(.+?)(?:\[\])*" does not exist')),
        ("text search configuration", re.compile(r'text search configuration "(.+)" does not exist')),
    ),
    "3F000": (("schema", re.compile(r'schema "(.+)" does not exist')),),
    "42P01": (("relation", re.compile(r'relation "(.+)" does not exist')),),
}
"""By SQLSTATE; the server's own are in English (`lc_messages`)."""


_CALLER = re.compile(r'SQL function "(.+?)"')


def lack_of(error: psycopg.Error) -> Lack | None:
    """Return what is missing, `None` when the statement was refused for another reason."""
    for kind, pattern in _MESSAGES.get(error.sqlstate or "", ()):
        if found := pattern.fullmatch(error.diag.message_primary or ""):
            return Lack(kind, found[1])
    return None


def caller_of(error: psycopg.Error) -> Lack | None:
    """Return the SQL function in whose body something is missing, which is as good as missing itself."""
    found = _CALLER.search(error.diag.context or "")
    return Lack("function", f".{found[1]}") if found else None


def mentions(node: Any, lack: Lack) -> bool:
    """Return whether a part of a parsed statement names what is missing."""
    if isinstance(node, tuple | list):
        return any(mentions(part, lack) for part in node)
    if not hasattr(node, "__slots__"):
        return False
    return _names(node, lack) or any(mentions(getattr(node, name, None), lack) for name in node)


def _names(node: Any, lack: Lack) -> bool:
    match type(node).__name__:
        case "FuncCall":
            return _is(node.funcname, "function", lack)
        case "A_Expr":
            return _is(node.name, "operator", lack)
        case "TypeName":
            return _is(node.names, "type", lack)
        case "TypeCast" if lack.kind in ("relation", "text search configuration"):
            constant = getattr(getattr(node.arg, "val", None), "sval", None)
            return isinstance(constant, str) and constant.replace('"', "") == lack.name
    return False


def _is(parts: Any, kind: Kind, lack: Lack) -> bool:
    names = [part.sval for part in parts or ()]
    if lack.kind == "schema":
        return len(names) > 1 and names[0] == lack.name
    return lack.kind == kind and lack.name in (dotted(parts), f".{names[-1]}" if names else "")


def dotted(parts: Any) -> str:
    """Return a list of names as the server prints it in its messages."""
    return ".".join(part.sval for part in parts or ())
