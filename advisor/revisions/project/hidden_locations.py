"""Version folders that an `env.py` sets itself, where no configuration file names them.

Whoever looks only into the file would take `versions/` for the history and write a second root there. `env.py` is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from advisor.errors import RevisionError

OPTION = "version_locations"
_SETTERS = ("set_main_option", "set_section_option", "set_alembic_option")


def locations_in(environment: Path) -> tuple[str, ...]:
    """Return the folders that `env.py` sets as literals, none where it sets none.

    Raises `RevisionError` when it computes them: they are known only once it runs.
    """
    try:
        tree = ast.parse(environment.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[str] = []
    for value in _values(tree):
        folders = _literal(value, environment.parent)
        if folders is None:
            what = f"env.py computes {OPTION}: where revisions stand is known only when it runs"
            do = f"write {OPTION} into alembic.ini, as literal folders"
            raise RevisionError(what, where=f"{environment}:{value.lineno}", do=do)
        found += folders
    return tuple(dict.fromkeys(found))


def _values(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what is set as version locations: `config.set_main_option("version_locations", …)`, or an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SETTERS:
            if any(isinstance(one, ast.Constant) and one.value == OPTION for one in node.args[:-1]):
                yield node.args[-1]
        elif isinstance(node, ast.Assign):
            targets = [one for one in node.targets if isinstance(one, ast.Attribute)]
            if any(one.attr in (OPTION, f"_{OPTION}") for one in targets):
                yield node.value


def _literal(value: ast.expr, folder: Path) -> list[str] | None:
    """Return the folders of a literal, split as Alembic splits them; `None` for anything computed."""
    try:
        given = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None
    if isinstance(given, str):
        given = given.replace(",", " ").split()
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        return None
    return [one.replace("%(here)s", str(folder.parent)) for one in given]
