"""Statements as trees that can be rewritten (sqlglot); only for suggestions, never to learn what a query means."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

_MARK = "slot_{}_of_statement"
_MARKED = re.compile(r'"?slot_(\d+)_of_statement"?')
_PLACES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_]*\$).*?\1|--[^\n]*|/\*.*?\*/|\$(\d+)""", re.DOTALL)
_CLAUSES = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|\b(?P<clause>FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|RETURNING|SET"""
    r"""|ON CONFLICT|UNION|CROSS JOIN|LEFT JOIN|(?<!CROSS )(?<!LEFT )JOIN|SELECT)\b"""
)
_WIDE = 100
"""Characters from which on a statement is broken into lines."""


def parse(text: str) -> exp.Expression | None:
    """Return the statement's tree, `None` when sqlglot does not understand it.

    `$n` stands in it as a column of a reserved name: sqlglot takes `$1::int, $2` for a dollar-quoted string.
    """
    try:
        found = sqlglot.parse_one(_PLACES.sub(_hide, text), read="postgres")
    except (SqlglotError, RecursionError):
        return None
    return found if isinstance(found, exp.Expression) and not isinstance(found, exp.Command) else None


def render(tree: exp.Expression) -> str:
    """Return the tree as PostgreSQL text with `$n` back in place."""
    text = _MARKED.sub(lambda match: f"${match[1]}", tree.sql("postgres", comments=False))
    return text if len(text) <= _WIDE else _broken(text)


def _broken(text: str) -> str:
    """Return the text with each clause of the outermost statement on a line of its own."""
    lines, depth, start = [], 0, 0
    for match in _CLAUSES.finditer(text):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0 and match["clause"] and match.start() > start:
            lines.append(text[start : match.start()].rstrip())
            start = match.start()
    return "\n".join([*lines, text[start:]])


def place(number: int) -> exp.Column:
    """Return the node that stands for `$number`."""
    return exp.column(_MARK.format(number))


def number_of(node: exp.Expression) -> int | None:
    """Return n when the node is `$n`, cast or not."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    if isinstance(node, exp.Column) and (match := _MARKED.fullmatch(node.name)):
        return int(match[1])
    return None


def numbers_in(tree: exp.Expression) -> tuple[int, ...]:
    """Return the n of every `$n` in the tree, rising."""
    numbers = {number_of(column) for column in tree.find_all(exp.Column)}
    return tuple(sorted(number for number in numbers if number))


def renumber(tree: exp.Expression, numbers: Mapping[int, int]) -> None:
    """Give every `$n` in the tree its new number."""
    for column in list(tree.find_all(exp.Column)):
        if number := number_of(column):
            column.replace(place(numbers[number]))


def _hide(match: re.Match[str]) -> str:
    return _MARK.format(match[2]) if match[2] else match[0]
