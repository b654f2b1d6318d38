"""One connection to the twin that answers with plans."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
from psycopg import sql
from psycopg.types.json import set_json_loads

from advisor.errors import TwinError
from advisor.twin.costing.untyped_parameters import Forms, forms, infer
from advisor.twin.plan import PlanNode, plan_node
from advisor.twin.servers.rights import SWITCH
from advisor.twin.servers.watchdog import STATEMENT_SECONDS, less, took_too_long
from advisor.twin.statement import BoundStatement, unsendable
from advisor.twin.whatif import Refused

_GENERIC_SINCE = 160000
"""First server with `EXPLAIN (GENERIC_PLAN)`."""
_PARAMETER = re.compile(r"\$(\d+)")
_SET = "SELECT pg_catalog.set_config(%s, %s, true)"
Settings = tuple[tuple[str, str], ...]
"""Names and values of the settings a statement is planned under, sorted; all others are the session's own."""
_Key = tuple[str, Settings, Forms, tuple[str, ...]]
"""Text, settings, the types that the values of its parameters can be of, where the server cannot infer them, and those
that are declared."""


@dataclass(frozen=True, slots=True)
class _Command:
    """What to send for one statement."""

    text: str
    generic: bool
    settings: Settings


_Answers = dict[int, PlanNode | Refused]
"""By the place of the statement in its group."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Object ids of the indexes to show to the planner and to hide from it."""

    shown: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()


NOTHING = Switch()
_Group = tuple[Switch, Sequence[_Command | Refused]]


class Planner:
    """Plans statements on one connection, under the indexes it is told to show and to hide."""

    def __init__(
        self, connection: psycopg.Connection[Any], again: Callable[[], psycopg.Connection[Any]] | None = None
    ) -> None:
        """Take a connection, and a way to a new one for when it is ended because planning took too long."""
        self._again = again
        self._patience = STATEMENT_SECONDS
        self._prepared: dict[_Key, str | Refused] = {}
        self._declared: set[str] = set()
        """Texts whose parameter types the server could not infer."""
        self._open(connection)

    def _open(self, connection: psycopg.Connection[Any]) -> None:
        """Make a connection ready, and prepare on it what was prepared on the last."""
        self.connection = connection
        connection.prepare_threshold = None
        set_json_loads(orjson.loads, connection)
        self._limit()
        connection.execute("SET plan_cache_mode = force_custom_plan")
        for (text, settings, known, types), name in self._prepared.items():
            if isinstance(name, str):
                self._prepare(name, text, settings, known, types)

    def _limit(self) -> None:
        milliseconds = str(round(self._patience * 1000))
        self.connection.execute("SELECT pg_catalog.set_config('statement_timeout', %s, false)", [milliseconds])

    def plan(self, statements: Sequence[BoundStatement], switch: Switch = NOTHING) -> list[PlanNode | Refused]:
        """Plan all under one set of indexes; the answers stand in the order of the statements."""
        return self.plan_groups([(switch, statements)])[0]

    def plan_groups(self, groups: Sequence[tuple[Switch, Sequence[BoundStatement]]]) -> list[list[PlanNode | Refused]]:
        """Plan groups of statements, each under its own set of indexes, in one pipeline."""
        commands = [(switch, [self._command(statement) for statement in members]) for switch, members in groups]
        try:
            answers = self._pipelined(commands)
        except psycopg.Error:
            self._recover()
            answers = [self._one_by_one(switch, members) for switch, members in commands]
        for (switch, members), found in zip(commands, answers, strict=True):
            self._add_generic(switch, members, found)
        return [[found[number] for number in range(len(found))] for found in answers]

    def _pipelined(self, groups: Sequence[_Group]) -> list[_Answers]:
        """Plan all but the generic ones, a transaction a group, each rolled back; raises when any fails."""
        sent: list[dict[int, psycopg.Cursor[Any]]] = []
        with self.connection.pipeline():
            for switch, members in groups:
                self.connection.execute("BEGIN")
                self._flip(switch)
                sent.append(self._send(members))
                self.connection.execute("ROLLBACK")
            answers: list[_Answers] = [
                {number: member for number, member in enumerate(members) if isinstance(member, Refused)}
                for _, members in groups
            ]
            for found, cursors in zip(answers, sent, strict=True):  # the server plans on while the first are read
                found.update((number, _answer(cursor)) for number, cursor in cursors.items())
        return answers

    def _send(self, commands: Sequence[_Command | Refused]) -> dict[int, psycopg.Cursor[Any]]:
        """Send what can be pipelined, within an open transaction."""
        cursors: dict[int, psycopg.Cursor[Any]] = {}
        current: Settings = ()
        for number, command in enumerate(commands):
            if isinstance(command, _Command) and not command.generic:
                self._set(command.settings, current)
                current = command.settings
                cursors[number] = self.connection.execute(command.text.encode())
        return cursors

    def _one_by_one(self, switch: Switch, commands: Sequence[_Command | Refused]) -> _Answers:
        """Plan each statement in a pipeline of its own, after the common one failed."""
        answers: _Answers = {}
        for number, command in enumerate(commands):
            try:
                found = self._pipelined([(switch, [command])])[0]
            except psycopg.Error as error:
                self._recover()
                found = {0: self._refused(error)}
            answers.update((number, answer) for answer in found.values())
        return answers

    def _refused(self, error: psycopg.Error) -> Refused:
        """Return the refusal; after one for its time the next statements get less."""
        if not took_too_long(error):
            return _refusal(error)
        self._patience = less(self._patience)
        self._limit()
        return Refused("planning it took too long", error.sqlstate)

    def _recover(self) -> None:
        """Leave a failed transaction, or an ended session for a new one; raises `TwinError` without a server."""
        if not self.connection.closed:
            self.connection.rollback()
            return
        with contextlib.suppress(psycopg.OperationalError):
            if self._again is not None:
                self._open(self._again())
                return
        raise TwinError(
            "the twin's server ended the connection",
            do="run again; if it ends again, report the statement it was planning",
        )

    def _flip(self, switch: Switch) -> None:
        if switch != NOTHING:
            shown = list(switch.shown)
            self.connection.execute(SWITCH.encode(), (shown, list(switch.hidden)), prepare=True)

    def _set(self, wanted: Settings, current: Settings = ()) -> None:
        """Change the settings of the open transaction from the current ones to the wanted."""
        if wanted == current:
            return
        for name in sorted(dict(current).keys() - dict(wanted).keys()):
            self.connection.execute(sql.SQL("SET LOCAL {} TO DEFAULT").format(sql.Identifier(*name.split("."))))
        for name, value in wanted:
            if (name, value) not in current:
                self.connection.execute(_SET.encode(), [name, value])

    def _add_generic(self, switch: Switch, commands: Sequence[_Command | Refused], answers: _Answers) -> None:
        """Plan what takes no values: `EXPLAIN (GENERIC_PLAN)` works in the simple protocol only, one by one.

        Before 16, and where types had to be declared, a prepared statement takes its place. The texts were prepared
        before, so each is known to be a single statement.
        """
        for number, command in enumerate(commands):
            if isinstance(command, _Command) and command.generic:
                try:
                    with self.connection.transaction(force_rollback=True):
                        self._flip(switch)
                        self._set(command.settings)
                        # For a prepared statement; its cached plan would not notice that an index was flipped.
                        self.connection.execute("DISCARD PLANS")
                        self.connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                        answers[number] = _answer(self.connection.execute(command.text.encode()))
                except psycopg.Error as error:
                    self._recover()
                    answers[number] = self._refused(error)

    def _command(self, statement: BoundStatement) -> _Command | Refused:
        settings = settings_of(statement)
        if reason := unsendable(statement.text, *(statement.parameters or ())):
            return Refused(reason)
        if statement.parameters is None and not _PARAMETER.search(statement.text):
            return _Command("EXPLAIN (FORMAT JSON) " + statement.text, False, settings)
        name = self.prepare(statement.text, settings, statement.parameters, statement.types)
        if isinstance(name, Refused):
            return name
        if statement.parameters is not None:
            return _Command(_execute(name, statement.parameters), False, settings)
        undeclared = not statement.types and statement.text not in self._declared
        if self.connection.info.server_version >= _GENERIC_SINCE and undeclared:
            return _Command("EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + statement.text, True, settings)
        return _Command(_execute(name, [None] * len(self.parameter_types(name))), True, settings)

    def prepare(
        self,
        text: str,
        settings: Settings = (),
        values: Sequence[str | None] | None = None,
        types: tuple[str, ...] = (),
    ) -> str | Refused:
        """Prepare a statement once; return its name, or the server's refusal.

        `types` are declared as they stand. Without any, and where the server cannot infer them, the parameters' types
        are such that they take these values.
        """
        if reason := unsendable(text):
            return Refused(reason)
        key = self._key(text, settings, values, types)
        if key not in self._prepared:
            found = self._prepare(f"advisor_{len(self._prepared)}", text, settings, forms(values or ()), types)
            key = self._key(text, settings, values, types)
            self._prepared[key] = found
        return self._prepared[key]

    def _key(self, text: str, settings: Settings, values: Sequence[str | None] | None, types: tuple[str, ...]) -> _Key:
        inferred = not types and text in self._declared
        return text, settings, forms(values or ()) if inferred else (), types

    def _prepare(
        self, name: str, text: str, settings: Settings, known: Forms, types: tuple[str, ...] = ()
    ) -> str | Refused:
        if types:
            refusal = self._try(name, types, text, settings)
            return name if refusal is None else _refusal(refusal)
        count = max(map(int, _PARAMETER.findall(text)), default=0)
        refusal = infer(lambda tried: self._tried(name, tried, text, settings), count, known)
        return name if refusal is None else _refusal(refusal)

    def _tried(self, name: str, types: Sequence[str], text: str, settings: Settings) -> psycopg.Error | None:
        """Prepare a statement with types that are not known, and note that it needed them."""
        refusal = self._try(name, types, text, settings)
        if refusal is None and types:
            self._declared.add(text)
        return refusal

    def _try(self, name: str, types: Sequence[str], text: str, settings: Settings) -> psycopg.Error | None:
        """Prepare a statement with declared types; return the server's refusal, if any."""
        declared = f" ({', '.join(types)})" if types else ""
        command = f"PREPARE {name}{declared} AS {text}"
        try:
            # A pipeline makes psycopg use the extended protocol, which takes a single statement only.
            with self.connection.transaction(), self.connection.pipeline():
                self._set(settings)
                self.connection.execute(command.encode())
        except psycopg.Error as error:
            return error
        return None

    def parameter_types(self, name: str) -> list[str]:
        """Return the types the server gave the parameters of a prepared statement, by name."""
        query = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = %s"
        row = self.connection.execute(query, [name]).fetchone()
        return list(row[0]) if row else []


def _execute(name: str, parameters: Sequence[str | None]) -> str:
    values = ", ".join("NULL" if value is None else sql.Literal(value).as_string() for value in parameters)
    return f"EXPLAIN (FORMAT JSON) EXECUTE {name}" + (f" ({values})" if parameters else "")


def settings_of(statement: BoundStatement) -> Settings:
    """Return the settings a statement is planned under, its search path among them, sorted."""
    path = () if statement.search_path is None else (("search_path", _path_setting(statement.search_path)),)
    return tuple(sorted((*statement.settings, *path)))


def _path_setting(schemas: Sequence[str]) -> str:
    return ", ".join('"' + schema.replace('"', '""') + '"' for schema in schemas)


def _answer(cursor: psycopg.Cursor[Any]) -> PlanNode | Refused:
    row = cursor.fetchone()
    if row is None or not isinstance(row[0], list) or "Plan" not in row[0][0]:
        return Refused("the server has no plan for this kind of statement")
    return plan_node(row[0][0]["Plan"])


def _refusal(error: psycopg.Error) -> Refused:
    return Refused(error.diag.message_primary or str(error), error.sqlstate)
