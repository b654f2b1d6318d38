"""Fields of a dataclass with what stands below each of them in its source: name, type, default, meaning."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, NamedTuple


class TypedField(NamedTuple):
    """One key that a file or an option may name."""

    name: str
    kind: str
    default: str
    """As written; empty where the key must be given."""
    meaning: str


def typed_fields(kind: type[Any]) -> Iterator[TypedField]:
    """Yield the fields in the order of the class; a field without a docstring has an empty meaning."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(tree, ast.ClassDef)
    said: dict[str, str] = {}
    for one, after in zip(tree.body, [*tree.body[1:], ast.Pass()], strict=True):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
            said[one.target.id] = " ".join(str(text).split())
    for field in fields(kind):
        default = "" if field.default is MISSING else _written(field.default)
        default = "{}" if field.default_factory is not MISSING else default
        yield TypedField(field.name, str(field.type), default, said.get(field.name, ""))


def _written(value: Any) -> str:
    """Return a default as a TOML file would say it; nothing for what is not set."""
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value) if value != () else "[]"
