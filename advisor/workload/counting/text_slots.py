"""Slots: which literal or parameter of a text is which `$n` of pg_stat_statements' normalised text.

`$n` keeps its number; literals follow after the highest `$n` in text order; a list of nothing but literals is one
slot, as PostgreSQL 18 folds it; TRUE, FALSE and NULL as values take one, positions (`ORDER BY 1`) and type modifiers
do not. `advisor.analysis.tree_slots` numbers shapes the same way.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from advisor.workload.counting.textkey import literals

POSITIONS = ("sortClause", "groupClause", "distinctClause")
WORD = re.compile(rb"[A-Za-z]+")
SIGN = re.compile(rb"[+-]\s*$")
ESCAPED = re.compile(r"\\(.)", re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}

Values = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """One literal: where it stands, and which token of the text it is (none for TRUE, FALSE, NULL)."""

    place: int
    token: int | None
    fixed: str | None = None
    """Its value when it is no token."""
    cast: tuple[int, bytes] | None = None
    """Where the type's name begins, and that name, in `date '2026-01-01'`."""


@dataclass(frozen=True, slots=True)
class SlotMap:
    """The slots of all texts of one text key."""

    parameters: int
    """The highest `$n`."""
    slots: tuple[tuple[Constant, ...], ...]
    """Literals of each slot after the parameters; more than one is a list."""

    @property
    def size(self) -> int:
        """Return the number of slots."""
        return self.parameters + len(self.slots)

    def values(self, text: bytes, bound: Values | None) -> tuple[Values, ...]:
        """Return the values of each slot in one execution; an unknown bound value has none."""
        tokens = literals(text)
        given = [(value,) for value in bound or ()][: self.parameters]
        given += [()] * (self.parameters - len(given))  # type: ignore[list-item]
        return (*given, *(tuple(_value(text, tokens, constant) for constant in slot) for slot in self.slots))


def slot_map(text: bytes) -> SlotMap | None:
    """Return the slots of a text, `None` when the parser refuses it or its tokens cannot be told apart."""
    from pglast.parser import parse_sql_json

    try:
        tree = orjson.loads(parse_sql_json(text.decode("utf-8", "replace")))
    except Exception:  # whatever the parser refuses has no slots
        return None
    highest, groups = 0, []
    for what in _walk(tree):
        if isinstance(what, int):
            highest = max(highest, what)
        else:
            groups.append(what)
    groups.sort(key=lambda group: group[0][0])
    tokens = [place for place, _ in literals(text)]
    ends = sorted(place for group in groups for place, _, _ in group)
    return SlotMap(highest, tuple(tuple(_constant(text, tokens, ends, one) for one in group) for group in groups))


Found = tuple[int, dict[str, Any], int | None]
"""Place and node of a constant, and the place of the type that stands before it."""


def _constant(text: bytes, tokens: list[int], ends: list[int], found: Found) -> Constant:
    place, node, typed = found
    following = bisect.bisect_right(ends, place)
    stop = ends[following] if following < len(ends) else len(text)
    token = bisect.bisect_left(tokens, place)
    fixed = "true" if node.get("boolval", {}).get("boolval") else "false" if "boolval" in node else None
    if fixed or node.get("isnull") or token == len(tokens) or tokens[token] >= max(stop, place + 1):
        return Constant(place, None, fixed)
    cast = None if typed is None or typed >= place else (typed, text[typed:place].strip())
    return Constant(place, token, cast=cast)


def _value(text: bytes, tokens: list[tuple[int, bytes]], constant: Constant) -> str | None:
    if constant.token is None:
        return constant.fixed
    if constant.token >= len(tokens):
        return None
    place, token = tokens[constant.token]
    return literal_value(text, place, token)


def literal_value(text: bytes, place: int, token: bytes) -> str:
    """Return the bare value of a literal token that stands at `place`."""
    decoded = token.decode("utf-8", "replace")
    if token.startswith(b"'"):
        body = decoded[1:-1].replace("''", "'")
        escaped = text[place - 1 : place] in (b"E", b"e") and "\\" in body
        return ESCAPED.sub(lambda match: ESCAPES.get(match[1], match[1]), body) if escaped else body
    if token.startswith(b"$"):
        return decoded.split("$", 2)[2].rsplit("$", 2)[0]
    sign = SIGN.search(text, max(0, place - 3), place)
    negative = sign is not None and sign.group().startswith(b"-") and not _binary(text, sign.start())
    return f"-{decoded}" if negative else decoded


def _binary(text: bytes, place: int) -> bool:
    """Return whether a minus at `place` stands between two operands."""
    before = text[:place].rstrip()[-1:]
    return bool(before) and (before.isalnum() or before in b"_)]'\"$" or before > b"\x7f")


def _walk(root: Any) -> Iterator[int | list[Found]]:
    """Yield the number of each parameter and each literal, or list of literals, that is one slot."""
    pending: list[tuple[Any, int | None]] = [(root, None)]
    while pending:
        node, typed = pending.pop()
        if isinstance(node, list):
            pending.extend((item, None) for item in node)
        elif isinstance(node, dict):
            if "A_Const" in node and node["A_Const"].get("location", 0) < 0:
                continue  # the parser's own, as in WITH … CYCLE
            if "A_Const" in node:
                yield [(node["A_Const"].get("location", 0), node["A_Const"], typed)]
            elif "ParamRef" in node:
                yield node["ParamRef"].get("number", 0)
            elif (together := folded_list(node)) is not None:
                yield [(one["A_Const"].get("location", 0), one["A_Const"], None) for one in together]
                pending.append((next(iter(node.values())).get("lexpr"), None))
            elif "TypeCast" in node:
                cast = node["TypeCast"]
                pending.append((cast.get("arg"), cast.get("typeName", {}).get("location")))
            else:
                pending.extend((_counted(key, value), None) for key, value in node.items())


def _counted(key: str, value: Any) -> Any:
    """Return what stands under this key as far as it can hold a literal."""
    if key == "typeName":
        return None
    if key in POSITIONS:
        return [item for item in value if "ival" not in _sorted_by(item).get("A_Const", {})]
    return value


def _sorted_by(item: dict[str, Any]) -> dict[str, Any]:
    node = item.get("SortBy", {}).get("node", item)
    return node if isinstance(node, dict) else {}


def folded_list(node: dict[str, Any]) -> list[Any] | None:
    """Return the literals of a list of nothing else, `None` when the node is no such list."""
    if "A_ArrayExpr" in node:
        items = node["A_ArrayExpr"].get("elements")
    elif node.get("A_Expr", {}).get("kind") == "AEXPR_IN":
        items = node["A_Expr"].get("rexpr", {}).get("List", {}).get("items")
    else:
        return None
    return items if items and all("A_Const" in item for item in items) else None


def normalised(text: bytes, slots: SlotMap) -> bytes:
    """Return the text with `$n` in place of its literals; lists fold to `$n /*, ... */`."""
    tokens = literals(text)
    parts: list[bytes] = []
    done = 0
    for number, group in enumerate(slots.slots, start=slots.parameters + 1):
        first, last = group[0], group[-1]
        begin = first.cast[0] if first.cast else first.place
        if begin < done:
            continue
        parts.append(text[done:begin])
        parts.append(b"$%d" % number + (b"::" + first.cast[1] if first.cast else b""))
        if len(group) > 1:
            parts.append(b" /*, ... */")
        done = _end(text, tokens, last)
    return b"".join(parts) + text[done:]


def _end(text: bytes, tokens: list[tuple[int, bytes]], constant: Constant) -> int:
    if constant.token is not None:
        place, token = tokens[constant.token]
        return place + len(token)
    word = WORD.match(text, constant.place)
    return word.end() if word else constant.place
