"""Reads a team's `env.py` (it is never run) for what would break a concurrent index build.

`autocommit_block()` asserts that Alembic opened the transaction it commits. Whoever opens one earlier makes every
revision of ours die with an `AssertionError` that carries no message; here it gets a name, a line and two cures.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from advisor.errors import RevisionError

_EXECUTING = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "stream"})
_ENDING = frozenset({"commit", "rollback"})

CONNECT_CURE = "open the connection with connect() instead of begin()"
COMMIT_CURE = "call connection.commit() before context.configure()"


@dataclass(frozen=True, slots=True)
class EnvironmentFinding:
    """One thing about an `env.py`."""

    code: str
    name: str
    level: Literal["error", "warning", "info"]
    """`error`: a revision with an autocommit block dies, nothing applied."""
    line: int
    what: str
    cures: tuple[str, ...]


def check_environment(path: Path) -> tuple[EnvironmentFinding, ...]:
    """Return the findings about an `env.py`, by line. Raises `RevisionError` when it cannot be read or parsed."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise RevisionError(f"env.py cannot be read: {error}", where=str(path), do="repair it first") from error
    found = {*_Walk(tree).findings(), *_advice(tree)}
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.code)))


def refuse_unsafe(path: Path) -> None:
    """Raise `RevisionError` when a concurrent build could not run under this `env.py`."""
    errors = [finding for finding in check_environment(path) if finding.level == "error"]
    if errors:
        worst = errors[0]
        what = f"{worst.code} {worst.name}: {worst.what}"
        raise RevisionError(what, where=f"{path}:{worst.line}", do=" or ".join(worst.cures))


class _Walk:
    """Follows an `env.py` from the module's last lines into the functions that run the migrations online."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions = {
            node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        self.found: list[EnvironmentFinding] = []
        self.connections = frozenset(self._connections())

    def _connections(self) -> Iterator[str]:
        """Yield the names under which the connection that migrations run on goes."""
        for call in _calls(self.tree):
            configures = _method(call) == "configure" and _on_context(call)
            passes_on = isinstance(call.func, ast.Name) and call.func.id in self.functions and self._configures(call)
            if configures or passes_on:
                values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "connection")]
                yield from (value.id for value in values if isinstance(value, ast.Name))
            if _method(call) == "run_sync":
                yield _root(call)

    def findings(self) -> list[EnvironmentFinding]:
        """Return the transaction findings."""
        for body in (self.tree.body, *(function.body for function in self.functions.values())):
            self._scan(body)
            if not all(map(_per_migration, self._online())):
                self._unguarded(body)
        return self.found

    def _online(self) -> list[ast.Call]:
        """Return the calls `context.configure(connection=…)`."""
        calls = [call for call in _calls(self.tree) if _method(call) == "configure" and _on_context(call)]
        return [call for call in calls if any(keyword.arg in {"connection", None} for keyword in call.keywords)]

    def _scan(self, body: list[ast.stmt]) -> int | None:
        """Go through statements in order; return the line of a statement that left a transaction open."""
        opened: int | None = None
        for statement in body:
            defines = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if opened and not defines and self._configures(statement):
                self._report_open(opened)
                opened = None
            if isinstance(statement, ast.With | ast.AsyncWith):
                opened = self._with(statement) or opened
            elif isinstance(statement, ast.If | ast.Try | ast.For | ast.While):
                for block in _blocks(statement):
                    opened = self._scan(block) or opened
            elif not defines:
                opened = self._effect(statement, opened)
        return opened

    def _with(self, statement: ast.With | ast.AsyncWith) -> int | None:
        begun = next((item for item in statement.items if _method(item.context_expr) == "begin"), None)
        if begun and any(map(self._configures, statement.body)):
            self._report_begin(begun.context_expr.lineno)
            return None
        inner = self._scan(statement.body)
        return None if begun or _closes(statement) else inner

    def _effect(self, statement: ast.stmt, opened: int | None) -> int | None:
        """Return what is open after a simple statement."""
        for call in _calls(statement):
            method, ours = _method(call), _root(call) in self.connections
            if ours and method in _ENDING:
                opened = None
            elif ours and method == "begin":
                opened = call.lineno
            elif ours and method == "run_sync":
                names = {argument.id for argument in call.args if isinstance(argument, ast.Name)}
                lines = (self._left_open(name) for name in sorted(names & self.functions.keys()))
                opened = next(filter(None, lines), opened)
            elif ours and method in _EXECUTING:
                opened = call.lineno
            elif isinstance(call.func, ast.Name) and call.func.id in self.functions:
                opened = self._left_open(call.func.id) or opened
        return opened

    def _left_open(self, name: str, visiting: frozenset[str] = frozenset()) -> int | None:
        """Return the line of the statement that a function leaves uncommitted on a connection handed to it."""
        function = self.functions[name]
        parameters = {argument.arg for argument in function.args.args}
        if name in visiting or self._configures(function):
            return None
        opened = None
        for call in _calls(function):
            method, ours = _method(call), _root(call) in parameters
            if ours and method in _ENDING:
                opened = None
            elif ours and method in _EXECUTING | {"begin"}:
                opened = call.lineno
            elif isinstance(call.func, ast.Name) and call.func.id in self.functions:
                opened = self._left_open(call.func.id, visiting | {name}) or opened
        return opened

    def _configures(self, node: ast.AST, visiting: frozenset[str] = frozenset()) -> bool:
        """Whether a node calls `context.configure(connection=…)`, itself or through a function it names."""
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call) and _method(inner) == "configure" and _on_context(inner):
                if any(keyword.arg in {"connection", None} for keyword in inner.keywords) or inner.args:
                    return True
            elif (
                isinstance(inner, ast.Name)
                and inner.id in self.functions.keys() - visiting
                and self._configures(self.functions[inner.id], visiting | {inner.id})
            ):
                return True
        return False

    def _unguarded(self, body: list[ast.stmt]) -> None:
        """Report `context.run_migrations()` outside `with context.begin_transaction()`."""
        for statement in body:
            for line in _runs_outside(statement):
                what = "context.run_migrations() runs outside `with context.begin_transaction()`"
                cures = ("wrap it in `with context.begin_transaction():`",)
                self._add("ENV003", "missing-begin-transaction", line, what, cures)

    def _report_begin(self, line: int) -> None:
        what = "begin() opens a transaction before context.configure(), and autocommit_block() cannot end it"
        self._add("ENV001", "transaction-before-configure", line, what, (CONNECT_CURE, COMMIT_CURE))

    def _report_open(self, line: int) -> None:
        what = "this statement opens a transaction before context.configure(), and autocommit_block() cannot end it"
        cures = (COMMIT_CURE, "move the statement below context.configure(), into context.begin_transaction()")
        self._add("ENV002", "statement-before-configure", line, what, cures)

    def _add(self, code: str, name: str, line: int, what: str, cures: tuple[str, ...]) -> None:
        finding = EnvironmentFinding(code, name, "error", line, what, cures)
        if finding not in self.found:
            self.found.append(finding)


def _advice(tree: ast.Module) -> Iterator[EnvironmentFinding]:
    """Yield what is no obstacle but worth knowing."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if _method(call) == "configure" and _on_context(call):
            yield from _configure_advice(call, {keyword.arg: keyword.value for keyword in call.keywords})
        texts = (node.value for node in ast.walk(call) if isinstance(node, ast.Constant))
        if any("advisory_xact_lock" in text for text in texts if isinstance(text, str)):
            what = (
                "a transaction-scoped advisory lock ends at the first autocommit block and no longer serialises deploys"
            )
            cures = ("take a session lock, polled with pg_try_advisory_lock: a waiting one deadlocks with the build",)
            yield EnvironmentFinding("ENV006", "advisory-lock-ends-early", "warning", call.lineno, what, cures)


def _configure_advice(call: ast.Call, keywords: dict[str | None, ast.expr]) -> Iterator[EnvironmentFinding]:
    if None in keywords:
        return
    if "connection" in keywords and not _per_migration(call):
        what = "all pending revisions share one transaction, which the first concurrent build commits half-way"
        cures = ("pass transaction_per_migration=True to context.configure()",)
        yield EnvironmentFinding("ENV004", "one-transaction-for-all", "info", call.lineno, what, cures)
    if "url" in keywords and "dialect_opts" not in keywords:
        what = "offline SQL (--sql) doubles every percent sign, also in an index predicate"
        cures = ('pass dialect_opts={"paramstyle": "named"} to context.configure()',)
        yield EnvironmentFinding("ENV005", "offline-doubles-percent", "warning", call.lineno, what, cures)


def _per_migration(configure: ast.Call) -> bool:
    """Whether a `configure()` call sets `transaction_per_migration`."""
    values = (keyword.value for keyword in configure.keywords if keyword.arg == "transaction_per_migration")
    return any(isinstance(value, ast.Constant) and bool(value.value) for value in values)


def _method(node: ast.AST) -> str | None:
    """Return the attribute a call calls, looking through `await`."""
    while isinstance(node, ast.Await):
        node = node.value
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None


def _root(call: ast.Call) -> str:
    """Return the name a call hangs on: `connection` in `connection.execute(…)`, empty when there is none."""
    function: ast.AST = call.func
    while isinstance(function, ast.Attribute | ast.Call | ast.Await):
        inner = function.func if isinstance(function, ast.Call) else function.value
        function = inner
    return function.id if isinstance(function, ast.Name) else ""


def _on_context(call: ast.Call) -> bool:
    return _root(call) == "context"


def _calls(node: ast.AST) -> list[ast.Call]:
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    return sorted(calls, key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))


def _closes(statement: ast.With | ast.AsyncWith) -> bool:
    """Whether leaving the block closes the connection, and with it any open transaction."""
    return any(_method(item.context_expr) == "connect" for item in statement.items)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        if block := getattr(statement, name, None):
            yield block
    for handler in getattr(statement, "handlers", ()):
        yield handler.body


def _runs_outside(node: ast.AST) -> Iterator[int]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    if isinstance(node, ast.With | ast.AsyncWith) and any(
        _method(item.context_expr) == "begin_transaction" for item in node.items
    ):
        return
    if isinstance(node, ast.Call) and _method(node) == "run_migrations" and _on_context(node):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _runs_outside(child)
