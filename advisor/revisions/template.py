"""A team's `script.py.mako`: how text is put into it, and whether it really held it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from advisor.errors import RevisionError
from advisor.revisions.body import Body


def has_docstring(template: Path) -> bool:
    """Whether `${message}` opens the module's docstring, so that it may run over several lines."""
    try:
        return bool(re.match(r'\s*(?:#[^\n]*\n\s*)*r?"""\s*\$\{message', template.read_text()))
    except OSError as error:
        what = f"the revision template cannot be read: {error.strerror}"
        raise RevisionError(what, where=str(template), do="restore script.py.mako") from error


def indented(source: str, comment: str) -> str:
    """Return the source as the template takes it: first line bare, the others indented by four."""
    lines = [*(f"# {line}".rstrip() for line in comment.splitlines()), *source.rstrip().splitlines()]
    return "\n".join([lines[0], *(f"    {line}" if line else "" for line in lines[1:])])


def check_placed(path: Path, body: Body, template: Path) -> None:
    """Raise `RevisionError` when the written file does not hold the body in `upgrade()` and `downgrade()`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name, source in {"upgrade": body.upgrade, "downgrade": body.downgrade}.items():
        calls = [ast.dump(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
        function = functions.get(name)
        held = {ast.dump(node) for node in ast.walk(function)} if function else set()
        if not function or not held.issuperset(calls):
            what = f"the template does not place ${{{name}s}} into {name}()"
            raise RevisionError(what, where=str(template), do="use Alembic's generic script.py.mako for this folder")
