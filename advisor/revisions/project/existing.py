"""What the versions folder already does with an index: so that a second run writes nothing twice."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.revisions.revision import Kind

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

_CREATE = re.compile(r"\bCREATE\s+(?:UNIQUE\s+)?INDEX\b", re.IGNORECASE)
_DROP = re.compile(r"\bDROP\s+INDEX\b", re.IGNORECASE)
_EXTENSION = re.compile(r'\bCREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?"?([\w-]+)', re.IGNORECASE)

_CREATE_STATISTICS = re.compile(r"\bCREATE\s+STATISTICS\b", re.IGNORECASE)
_DROP_STATISTICS = re.compile(r"\bDROP\s+STATISTICS\b", re.IGNORECASE)


def written_changes(scripts: ScriptDirectory, names: frozenset[str]) -> Mapping[tuple[Kind, str], Script]:
    """Return the revision that last touched each of these objects (indexes, extensions, statistics), by deed and name.

    A revision that has itself been undone by a later one is not in the answer.
    """
    latest: dict[str, tuple[Kind, Script]] = {}
    for script in scripts.walk_revisions():
        for kind, name in _actions(Path(script.path), names):
            latest.setdefault(name, (kind, script))
    return {(kind, name): script for name, (kind, script) in latest.items()}


def _actions(path: Path, names: frozenset[str]) -> Iterator[tuple[Kind, str]]:
    upgrade = _upgrade(path)
    if upgrade is None:
        return
    calls = set(_calls(upgrade))
    texts = [node.value for node in ast.walk(upgrade) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    creates, drops = any(map(_CREATE.search, texts)), any(map(_DROP.search, texts))
    for name in sorted(names):
        extensions = {match[1] for text in texts for match in _EXTENSION.finditer(text)}
        mentions = [text for text in texts if _mentions(text, name)]
        mentioned = bool(mentions)
        if name in extensions:
            yield "extension", name
        elif any(map(_CREATE_STATISTICS.search, mentions)):
            yield "statistics", name
        elif any(map(_DROP_STATISTICS.search, mentions)):
            yield "drop", name
        elif calls & _created(name) or (mentioned and creates and not calls & _dropped(name)):
            yield "create", name
        elif calls & _dropped(name) or (mentioned and drops):
            yield "drop", name


def _created(name: str) -> set[tuple[str, str]]:
    return {("create_index", name), ("build_partitioned", name)}


def _dropped(name: str) -> set[tuple[str, str]]:
    return {("drop_index", name), ("drop_partitioned", name)}


def _upgrade(path: Path) -> ast.FunctionDef | None:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        return None
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return next((function for function in functions if function.name == "upgrade"), None)


def _calls(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield method name and first string argument of every call, `op.f("…")` looked through."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Call) and argument.args:
                argument = argument.args[0]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield node.func.attr, argument.value


def _mentions(text: str, name: str) -> bool:
    return text == name or bool(re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text))
