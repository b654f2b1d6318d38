"""Whether rendering a team's `script.py.mako` runs nothing but the plain expressions that Alembic's own templates hold.

A Mako template is a program. `migrate --diff` only looks, so it renders none that could do more than put text together.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from advisor.errors import RevisionError

_FILTERS = frozenset({"n", "h", "x", "trim", "str", "unicode", "comma"})
_FUNCTIONS = frozenset({"repr", "str", "len", "comma", "bool"})
_METHODS = frozenset(
    {"strip", "rstrip", "lstrip", "replace", "split", "splitlines", "join", "lower", "upper", "isoformat", "strftime"}
)
_NODES = (
    ast.Expression, ast.Constant, ast.IfExp, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Compare, ast.cmpop,
    ast.BinOp, ast.Add, ast.Mod, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.JoinedStr, ast.FormattedValue,
    ast.Load, ast.keyword,
)  # fmt: skip


def refuse_program(template: Path) -> None:
    """Raise `RevisionError` when rendering the template would run more than plain expressions, naming the line."""
    from mako.exceptions import MakoException
    from mako.lexer import Lexer

    try:
        tree = Lexer(template.read_text(encoding="utf-8"), filename=str(template)).parse()
    except (OSError, UnicodeDecodeError, MakoException) as error:
        raise RevisionError(f"the revision template cannot be read: {error}", where=str(template),
                            do="restore script.py.mako") from None  # fmt: skip
    for node in tree.nodes:
        if not _is_harmless(node):
            what = "the template is a program, and --diff runs none"
            do = "look at the template, then write the revisions without --diff"
            raise RevisionError(what, where=f"{template}:{node.lineno}", do=do)


def _is_harmless(node: Any) -> bool:
    kind = type(node).__name__
    if kind in ("Text", "Comment"):
        return True
    if kind == "ControlLine":
        return node.isend or (node.keyword in ("if", "elif", "else") and _is_condition(node.text))
    if kind != "Expression":
        return False
    filters = [name.strip() for name in node.escapes.rstrip(",").split(",") if name.strip()]
    return set(filters) <= _FILTERS and _is_plain(node.text)


def _is_condition(line: str) -> bool:
    words = line.strip().rstrip(":").split(None, 1)
    return len(words) == 1 or _is_plain(words[1])


def _is_plain(source: str) -> bool:
    """Return whether an expression only puts given values together."""
    try:
        tree = ast.parse(source.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return all(_is_plain_node(node) for node in ast.walk(tree))


def _is_plain_node(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name | ast.Attribute) and _is_known(node.func)
    if isinstance(node, ast.Attribute):
        return not node.attr.startswith("_")
    return isinstance(node, (*_NODES, ast.Name)) and not (isinstance(node, ast.Name) and node.id.startswith("_"))


def _is_known(called: ast.Name | ast.Attribute) -> bool:
    return called.id in _FUNCTIONS if isinstance(called, ast.Name) else called.attr in _METHODS
