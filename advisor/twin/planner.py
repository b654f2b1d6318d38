"""One connection to the twin that answers with plans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import set_json_loads

from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.statement import BoundStatement
from advisor.twin.whatif import Refused

_TIMEOUT_MS = 10_000
_GENERIC_SINCE = 160000
"""First server with `EXPLAIN (GENERIC_PLAN)`."""
_PARAMETER = re.compile(r"\$(\d+)")
_FLIP = """
UPDATE pg_index SET indisvalid = indexrelid = ANY(%s::oid[])
WHERE indexrelid = ANY(%s::oid[]) OR indexrelid = ANY(%s::oid[])
"""
_SEARCH_PATH = "SELECT set_config('search_path', %s, false)"


@dataclass(frozen=True, slots=True)
class _Command:
    """What to send for one statement."""

    text: str
    generic: bool
    path: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Object ids of the indexes to show to the planner and to hide from it."""

    shown: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()


class Planner:
    """Plans statements on one connection, under the indexes it is told to show and to hide."""

    def __init__(self, connection: psycopg.Connection[Any], timeout_ms: int = _TIMEOUT_MS) -> None:
        self.connection = connection
        self._prepared: dict[tuple[str, str], str | Refused] = {}
        connection.prepare_threshold = None
        set_json_loads(orjson.loads, connection)
        connection.execute("SELECT set_config('statement_timeout', %s, false)", [str(timeout_ms)])
        connection.execute("SET plan_cache_mode = force_custom_plan")
        row = connection.execute("SELECT current_setting('search_path')").fetchone()
        self._path = self._own_path = str(row[0]) if row else ""

    def plan(self, statements: Sequence[BoundStatement], switch: Switch) -> list[PlanNode | Refused]:
        """Plan all under one set of indexes; the answers stand in the order of the statements."""
        commands = [self._command(statement) for statement in statements]
        try:
            return self._together(commands, switch)
        except psycopg.Error:
            return [self._alone(command, switch) for command in commands]

    def _together(self, commands: Sequence[_Command | Refused], switch: Switch) -> list[PlanNode | Refused]:
        """Plan all in one transaction, pipelined and rolled back; raises when any fails."""
        answers: dict[int, Any] = {n: command for n, command in enumerate(commands) if isinstance(command, Refused)}
        cursors: dict[int, psycopg.Cursor[Any]] = {}
        with self.connection.transaction(force_rollback=True):
            with self.connection.pipeline():
                self._flip(switch)
                for number, command in enumerate(commands):
                    if isinstance(command, _Command) and not command.generic:
                        self._use_path(command.path)
                        cursors[number] = self.connection.execute(command.text.encode())
                self._use_path(self._own_path)
            for number, command in enumerate(commands):
                if isinstance(command, _Command) and command.generic:
                    answers[number] = self._generic(command)
        self._path = self._own_path
        answers |= {number: _answer(cursor) for number, cursor in cursors.items()}
        return [answers[number] for number in range(len(commands))]

    def _alone(self, command: _Command | Refused, switch: Switch) -> PlanNode | Refused:
        try:
            return self._together([command], switch)[0]
        except psycopg.Error as error:
            return _refusal(error)

    def _flip(self, switch: Switch) -> None:
        if switch.shown or switch.hidden:
            shown = list(switch.shown)
            self.connection.execute(_FLIP.encode(), (shown, shown, list(switch.hidden)), prepare=True)

    def _use_path(self, path: str) -> None:
        if path != self._path:
            self.connection.execute(_SEARCH_PATH.encode(), [path], prepare=True)
            self._path = path

    def _generic(self, command: _Command) -> PlanNode | Refused:
        """Plan without values. Its text was prepared before, so it is known to be a single statement."""
        self._use_path(command.path)
        if self.connection.info.server_version < _GENERIC_SINCE:
            self.connection.execute("DISCARD PLANS")
            self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        answer = _answer(self.connection.execute(command.text.encode()))
        self._use_path(self._own_path)
        return answer

    def _command(self, statement: BoundStatement) -> _Command | Refused:
        path = self._own_path if statement.search_path is None else _path_setting(statement.search_path)
        if statement.parameters is None and not _PARAMETER.search(statement.text):
            return _Command("EXPLAIN (FORMAT JSON) " + statement.text, False, path)
        name = self.prepare(statement.text, path)
        if isinstance(name, Refused):
            return name
        if statement.parameters is not None:
            return _Command(_execute(name, statement.parameters), False, path)
        if self.connection.info.server_version >= _GENERIC_SINCE:
            return _Command("EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + statement.text, True, path)
        return _Command(_execute(name, [None] * len(self.parameter_types(name))), True, path)

    def prepare(self, text: str, path: str | None = None) -> str | Refused:
        """Prepare a statement once; return its name, or the server's refusal."""
        key = text, path or self._own_path
        if key not in self._prepared:
            name = f"advisor_{len(self._prepared)}"
            self._prepared[key] = self._prepare(name, text, key[1])
        return self._prepared[key]

    def _prepare(self, name: str, text: str, path: str) -> str | Refused:
        types: list[str] = []
        self._use_path(path)
        try:
            while True:
                try:
                    # A pipeline makes psycopg use the extended protocol, which takes a single statement only.
                    with self.connection.pipeline():
                        self.connection.execute(f"PREPARE {name}{_declared(types)} AS {text}".encode())
                    return name
                except psycopg.errors.IndeterminateDatatype as error:
                    types = _declare_text(types, error)
                    if not types:
                        return _refusal(error)
                except psycopg.Error as error:
                    return _refusal(error)
        finally:
            self._use_path(self._own_path)

    def parameter_types(self, name: str) -> list[str]:
        """Return the types the server gave the parameters of a prepared statement, by name."""
        query = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s"
        row = self.connection.execute(query, [name]).fetchone()
        return list(row[0]) if row else []


def _declared(types: Sequence[str]) -> str:
    return f" ({', '.join(types)})" if types else ""


def _declare_text(types: list[str], error: psycopg.Error) -> list[str]:
    """Return the declared types with the parameter the server could not infer as text; empty when that is no news."""
    match = _PARAMETER.search(error.diag.message_primary or "")
    number = int(match[1]) if match else 0
    if not 0 < number <= 1000 or (number <= len(types) and types[number - 1] == "text"):
        return []
    padded = types + ["unknown"] * (number - len(types))
    return [*padded[: number - 1], "text", *padded[number:]]


def _execute(name: str, parameters: Sequence[str | None]) -> str:
    values = ", ".join("NULL" if value is None else sql.Literal(value).as_string() for value in parameters)
    return f"EXPLAIN (FORMAT JSON) EXECUTE {name}" + (f" ({values})" if parameters else "")


def _path_setting(schemas: Sequence[str]) -> str:
    return ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)


def _answer(cursor: psycopg.Cursor[Any]) -> PlanNode | Refused:
    row = cursor.fetchone()
    if row is None or not isinstance(row[0], list) or "Plan" not in row[0][0]:
        return Refused("the server has no plan for this kind of statement")
    return plan_node(row[0][0]["Plan"])


def _refusal(error: psycopg.Error) -> Refused:
    return Refused(error.diag.message_primary or str(error), error.sqlstate)
