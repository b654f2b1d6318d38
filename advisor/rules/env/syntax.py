"""What calls in an `env.py` are, syntactically: on what they hang, which method they call."""

from __future__ import annotations

import ast


def per_migration(configure: ast.Call) -> bool:
    """Whether a `configure()` call sets `transaction_per_migration`."""
    values = (keyword.value for keyword in configure.keywords if keyword.arg == "transaction_per_migration")
    return any(isinstance(value, ast.Constant) and bool(value.value) for value in values)


def method_of(node: ast.AST) -> str | None:
    """Return the attribute a call calls, looking through `await`."""
    while isinstance(node, ast.Await):
        node = node.value
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def root_of(call: ast.Call) -> str:
    """Return the name a call hangs on: `connection` in `connection.execute(…)`, empty when there is none."""
    function: ast.AST = call.func
    while isinstance(function, ast.Attribute | ast.Call | ast.Await):
        inner = function.func if isinstance(function, ast.Call) else function.value
        function = inner
    return function.id if isinstance(function, ast.Name) else ""


def on_context(call: ast.Call) -> bool:
    """Whether a call hangs on `alembic.context`."""
    return root_of(call) == "context"


def calls_in(node: ast.AST) -> list[ast.Call]:
    """Return all calls below a node, in the order in which they are made."""
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return sorted(calls, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
