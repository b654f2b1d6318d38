"""Placeholders of drivers and monitors to `$n`: `?` (Datadog, JDBC), `%s` and `%(name)s` (Python), `:name`.

A `?` may also be one of jsonb's operators. It is read as an operator only between two operands, that is, behind a
name, a closing bracket or another placeholder and before the beginning of an operand.
"""

from __future__ import annotations

import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<quoted>(?:[eEbBxXnN]|[uU]&)?'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
      | (?P<name>"(?:[^"]|"")*"|[^\W\d][\w$]*)
      | (?P<parameter>\$\d+)
      | (?P<number>\d[\w.]*)
      | (?P<operator>\?(?:\|(?!\|)|&))
      | (?P<cast>::)
      | (?P<mark>\?|%s|%\((?P<key>\w+)\)s|:(?P<word>[^\W\d]\w*))
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

NOT_OPERANDS = frozenset(
    {
        "all",
        "and",
        "any",
        "as",
        "asc",
        "between",
        "by",
        "case",
        "cast",
        "default",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "fetch",
        "for",
        "from",
        "group",
        "having",
        "ilike",
        "in",
        "insert",
        "intersect",
        "interval",
        "into",
        "is",
        "join",
        "like",
        "limit",
        "not",
        "offset",
        "on",
        "or",
        "order",
        "over",
        "partition",
        "returning",
        "select",
        "set",
        "similar",
        "some",
        "then",
        "to",
        "union",
        "using",
        "values",
        "when",
        "where",
        "with",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "array",
    }
)
"""Words behind which a `?` cannot be an operator."""


def numbered(text: str) -> str:
    """Return the text with each placeholder replaced by `$n`, counting on from those it has; names share a number."""
    if not any(mark in text for mark in "?%:"):
        return text
    tokens = list(TOKEN.finditer(text))
    visible = [match for match in tokens if match["skip"] is None]
    following = dict(zip(map(id, visible), [*visible[1:], None], strict=False))
    named: dict[str, int] = {}
    highest = max((int(match["parameter"][1:]) for match in visible if match["parameter"]), default=0)
    parts, operand = [], False
    for match in tokens:
        part = match[0]
        if match["mark"] and not (part == "?" and operand and _opens_operand(following[id(match)])):
            number = named.get(match["key"] or match["word"] or "", highest + 1)
            if match["key"] or match["word"]:
                named[match["key"] or match["word"]] = number
            highest = max(highest, number)
            part = f"${number}"
        parts.append(part)
        if match["skip"] is None:
            operand = _ends_operand(match, part)
    return "".join(parts)


def _ends_operand(match: re.Match[str], part: str) -> bool:
    if match["name"] is not None:
        return part.lower() not in NOT_OPERANDS
    return part in (")", "]") or part.startswith("$") or match["quoted"] is not None or match["number"] is not None


def _opens_operand(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    if match["name"] is not None:
        return match[0].lower() not in NOT_OPERANDS or match[0].lower() in ("array", "any", "all")
    return match["operator"] is None and (match["other"] is None or match[0] == "(")
