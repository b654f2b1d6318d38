"""Follows an `env.py` in the order in which it runs and finds who opens a transaction before Alembic can."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from advisor.rules.env.findings import EnvironmentFinding
from advisor.rules.env.syntax import calls_in, method_of, on_context, per_migration, root_of

_EXECUTING = frozenset({"execute", "exec_driver_sql", "scalar", "scalars", "stream"})
_ENDING = frozenset({"commit", "rollback"})

CONNECT_CURE = "open the connection with connect() instead of begin()"
COMMIT_CURE = "call connection.commit() before context.configure()"


class TransactionWalk:
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
        for call in calls_in(self.tree):
            configures = method_of(call) == "configure" and on_context(call)
            passes_on = isinstance(call.func, ast.Name) and call.func.id in self.functions and self._configures(call)
            if configures or passes_on:
                values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "connection")]
                yield from (value.id for value in values if isinstance(value, ast.Name))
            if method_of(call) == "run_sync":
                yield root_of(call)

    def findings(self) -> list[EnvironmentFinding]:
        """Return the transaction findings."""
        for body in (self.tree.body, *(function.body for function in self.functions.values())):
            self._scan(body)
            if not all(map(per_migration, self._online())):
                self._unguarded(body)
        return self.found

    def _online(self) -> list[ast.Call]:
        """Return the calls `context.configure(connection=…)`."""
        calls = [call for call in calls_in(self.tree) if method_of(call) == "configure" and on_context(call)]
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
        begun = next((item for item in statement.items if method_of(item.context_expr) == "begin"), None)
        if begun and any(map(self._configures, statement.body)):
            self._report_begin(begun.context_expr.lineno)
            return None
        inner = self._scan(statement.body)
        return None if begun or _closes(statement) else inner

    def _effect(self, statement: ast.stmt, opened: int | None) -> int | None:
        """Return what is open after a simple statement."""
        for call in calls_in(statement):
            method, ours = method_of(call), root_of(call) in self.connections
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
        for call in calls_in(function):
            method, ours = method_of(call), root_of(call) in parameters
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
            if isinstance(inner, ast.Call) and method_of(inner) == "configure" and on_context(inner):
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


def _closes(statement: ast.With | ast.AsyncWith) -> bool:
    """Whether leaving the block closes the connection, and with it any open transaction."""
    return any(method_of(item.context_expr) == "connect" for item in statement.items)


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
        method_of(item.context_expr) == "begin_transaction" for item in node.items
    ):
        return
    if isinstance(node, ast.Call) and method_of(node) == "run_migrations" and on_context(node):
        yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from _runs_outside(child)
