"""Reads where a revision stands without running it: ids and dependencies are literals at the top of the file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.errors import RevisionError

_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
_LEGACY = re.compile(r"([a-f0-9]+)\.py$")
"""File names that Alembic 0.1 took for the revision id, where the file itself names none."""
_SOURCE = re.compile(r"(?!\.\#|__init__).*\.py$")


@dataclass(frozen=True, slots=True)
class Heading:
    """What Alembic has to know of a revision file before it runs it."""

    revision: str
    down_revision: str | tuple[str, ...] | None
    branch_labels: str | tuple[str, ...] | None
    depends_on: str | tuple[str, ...] | None
    doc: str | None
    path: Path


def is_revision(path: Path) -> bool:
    """Return whether Alembic would take a file of a version folder for a revision."""
    return bool(_SOURCE.match(path.name))


def read_heading(path: Path) -> Heading:
    """Return a revision file's heading; raises `RevisionError` when it is no Python or computes what it is."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        what = f"the revision cannot be read: {getattr(error, 'msg', None) or str(error) or 'nested too deeply'}"
        raise RevisionError(what, where=f"{path}{line}", do="make `alembic history` work here first") from None
    found: dict[str, Any] = {}
    for name, value in _assigned(tree):
        try:
            found[name] = _literal(value, found)
        except ValueError:
            if name in _NAMES:
                what = f"{name} is computed: revisions are read here, not run"
                raise RevisionError(what, where=f"{path}:{value.lineno}", do=f"write {name} as a literal") from None
    legacy = _LEGACY.match(path.name)
    identifier = found.get("revision", legacy[1] if legacy else None)
    if not isinstance(identifier, str) or not identifier:
        raise RevisionError("the file names no revision", where=str(path), do='write revision = "…" into it')
    links = {name: _link(found.get(name), name, path) for name in _NAMES[1:]}
    return Heading(identifier, doc=ast.get_docstring(tree, clean=False), path=path, **links)


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield what the module assigns to plain names, in order."""
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def _literal(value: ast.expr, known: dict[str, Any]) -> Any:
    """Return a literal's value, or that of a name assigned before; raises `ValueError` for anything else."""
    if isinstance(value, ast.Name) and value.id in known:
        return known[value.id]
    if isinstance(value, ast.Tuple | ast.List | ast.Set):
        return tuple(_literal(one, known) for one in value.elts)
    try:
        return ast.literal_eval(value)
    except (TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None


def _link(value: Any, name: str, path: Path) -> str | tuple[str, ...] | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return value
    raise RevisionError(f"{name} is neither a revision id nor several", where=str(path), do=f"correct {name}")
