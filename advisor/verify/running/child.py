"""The program of the process in which a team's revisions run: one file, so that any Python with Alembic can run it.

It imports nothing of advisor. Requests come as JSON lines on stdin, answers go as JSON lines to what was stdout at the
start; whatever a revision prints goes to stderr. It ends when stdin does, in the middle of a revision too.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import queue
import re
import sys
import threading
import traceback
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_MAPPING = "<frozen _collections_abc>"
EXTENSION = re.compile(r"(?i)^(\s*CREATE\s+EXTENSION)\s+(?!IF\s)")
"""An extension that the parent has made for the revision is there already when the revision is run again."""
_BEGIN = r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*"
READS = re.compile(_BEGIN + r"(SELECT|WITH|VALUES|TABLE|SHOW|INSERT|UPDATE|DELETE|COPY|EXPLAIN)\b")
"""What takes no lock that anybody waits for, and may come by the thousand."""
ALONE = re.compile(
    _BEGIN + r"(ALTER\s+(TABLE|INDEX|VIEW|MATERIALIZED|SEQUENCE)|CREATE|DROP|TRUNCATE|LOCK|CLUSTER\s+\w"
    r"|REINDEX\s+(TABLE|INDEX))\b(?!\s+(DATABASE|TABLESPACE|SUBSCRIPTION))"
)
"""What may run in a transaction, unless it says CONCURRENTLY."""
NUMBERED = re.compile(r"\$(\d+)(?!\d*\$)")
SHOWN = 2000
"""Characters of a statement or message that are handed back."""


class Session:
    """The pipe back, and what the revision that runs has done so far."""

    def __init__(self, answers: Any) -> None:
        self.answers = answers
        self.file = ""
        self.revision = ""
        self.direction = ""
        self.statement = ""
        self.missing: list[str] = []
        self.asked = False
        self.skip: frozenset[str] = frozenset()
        self.applied: list[str] = []
        self.name = ""
        """By which the parent knows our connections."""
        self.look = ""
        """The query that looks at a session between two statements; empty where nobody wants to know."""
        self.looked = False
        """Whether there was a look since the last rollback."""
        self.requests: Any = None

    def say(self, kind: str, **fields: Any) -> None:
        """Send one message."""
        self.answers.write(json.dumps({"kind": kind, **fields}) + "\n")
        self.answers.flush()

    def begin(self, revision: str, file: str, direction: str) -> None:
        """Note that a revision begins, here and to the parent."""
        self.revision, self.file, self.direction, self.statement = revision, file, direction, ""
        self.missing.clear()
        self.asked = False
        self.say("begins", revision=revision, path=file)

    def failure(self, error: BaseException) -> dict[str, Any]:
        """Return what is known of an error that ended a revision."""
        first = _first(error)
        original = getattr(first, "orig", None) or first
        return {
            "revision": self.revision, "path": self.file, "direction": self.direction,
            "line": _line(error, self.file), "type": type(original).__name__, "message": str(original)[:SHOWN],
            "sqlstate": getattr(original, "sqlstate", None) or getattr(original, "pgcode", None),
            "statement": (getattr(first, "statement", None) or self.statement)[:SHOWN],
            "missing": list(self.missing), "variable": _variable(original, self.missing), "asked": self.asked,
            "module": getattr(original, "name", None) if isinstance(original, ModuleNotFoundError) else None,
            "applied": list(self.applied),
        }  # fmt: skip


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first: Alembic's own clean-up fails as well once the connection is lost."""
    while error.__context__ is not None and not error.__suppress_context__:
        error = error.__context__
    return error


def _line(error: BaseException, file: str) -> int | None:
    """Return the innermost line of the revision that led to the error."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    for one in (_first(error), error):
        lines = [frame.lineno for frame in traceback.extract_tb(one.__traceback__) if frame.filename == file]
        if lines:
            return lines[-1]
    return None


def _variable(error: BaseException, missing: list[str]) -> str | None:
    """Return the environment variable whose absence is the error."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else None
    return key if isinstance(key, str) and key in missing else None


def watch_environment(session: Session) -> None:
    """Note the variables that are asked for and not there, so that an error can say what to pass."""
    kind: Any = type(os.environ)

    class Watched(kind):  # type: ignore[misc]
        def __getitem__(self, name: Any) -> Any:
            try:
                return super().__getitem__(name)
            except KeyError:
                if _is_asked_by_the_team():
                    session.missing.append(str(name))
                raise

    os.environ.__class__ = Watched


def _is_asked_by_the_team() -> bool:
    """Return whether code of the team, not of a library, asks for what stands in the environment."""
    frame: Any = sys._getframe(2)
    library = str(Path(os.__file__).parent)
    while frame.f_back is not None and frame.f_code.co_filename in (os.__file__, "<frozen os>", _MAPPING):
        frame = frame.f_back
    file = frame.f_code.co_filename
    return not file.startswith((library, "<frozen")) and "site-packages" not in file


class Lazy:
    """A revision's module: what was read of it, and its functions, for which it is imported when they are called."""

    def __init__(self, session: Session, found: dict[str, Any]) -> None:
        self._session, self._found = session, found
        self.revision, self.__doc__ = found["revision"], found["doc"]
        self.down_revision = _tuple(found["down_revision"])
        self.branch_labels = _tuple(found["branch_labels"])
        self.depends_on = _tuple(found["depends_on"])

    def upgrade(self, **given: Any) -> None:
        """Run the revision's upgrade."""
        self._run("upgrade", given)

    def downgrade(self, **given: Any) -> None:
        """Run the revision's downgrade."""
        self._run("downgrade", given)

    def _run(self, name: str, given: dict[str, Any]) -> None:
        from alembic.util import load_python_file

        path = Path(self._found["path"])
        self._session.begin(self.revision, str(path), name)
        if self.revision in self._session.skip:
            return
        getattr(load_python_file(str(path.parent), path.name), name)(**given)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def scripts_of(session: Session, request: dict[str, Any]) -> Any:
    """Return a script directory of the revisions that the parent read."""
    from alembic.script import Script, ScriptDirectory

    class Given(ScriptDirectory):
        def _load_revisions(self) -> Any:
            for found in request["revisions"]:
                yield Script(Lazy(session, found), found["revision"], found["path"])  # type: ignore[arg-type]

    return Given(request["folder"])


def config_of(request: dict[str, Any]) -> Any:
    """Return the team's configuration, with the `-x` arguments of our command line."""
    from alembic.config import Config

    given: Any = {"cmd_opts": Namespace(x=request["arguments"]), "stdout": sys.stderr}
    config = Config(request["ini"], ini_section=request["section"], **given)
    if request["toml"] and hasattr(config, "toml_file_name"):
        config = Config(request["ini"], toml_file=request["toml"], ini_section=request["section"], **given)
    return config


def engine_of(session: Session, url: str) -> Any:
    """Return an unpooled engine with the driver that this Python has; notes every statement."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import NullPool

    modern = int(importlib.metadata.version("sqlalchemy").split(".")[0]) >= 2
    driver = "psycopg" if modern and find_spec("psycopg") else "psycopg2"
    place = make_url(url).set(drivername="postgresql+" + driver)
    engine = create_engine(place, poolclass=NullPool, connect_args={"application_name": session.name})

    onlooker = Onlooker(session)

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, *_rest: Any) -> Any:
        session.statement = statement
        if context is not None and context.compiled is None:
            statement, parameters = for_psycopg(statement, parameters)
        statement = EXTENSION.sub(r"\1 IF NOT EXISTS ", statement, count=1)
        return onlooker.before(cursor, statement, parameters), parameters

    def after(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        onlooker.after(cursor, statement)

    event.listen(engine, "before_cursor_execute", note, retval=True)
    event.listen(engine, "after_cursor_execute", after)
    event.listen(engine, "handle_error", onlooker.failed)
    return engine


def for_psycopg(statement: str, parameters: Any) -> tuple[str, Any]:
    """Return a statement of `exec_driver_sql`, written for asyncpg perhaps, as psycopg takes it.

    There `%` is a plain character and `$1` a parameter. In a statement for psycopg no `%` stands alone.
    """
    numbers = [int(number) for number in NUMBERED.findall(statement)] if isinstance(parameters, tuple) else []
    if parameters and numbers and max(numbers) <= len(parameters) and "%s" not in statement:
        return NUMBERED.sub("%s", statement.replace("%", "%%")), tuple(parameters[number - 1] for number in numbers)
    alone = not parameters and "%" in statement.replace("%%", "")
    return (statement.replace("%", "%%") if alone else statement), parameters


class Onlooker:
    """Looks at the session after each statement of a revision, and tells the parent what it saw."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.line = 0
        self.ours: Any = None
        """The connection on which we began a transaction for one statement."""

    def before(self, cursor: Any, statement: str, parameters: Any) -> str:
        """Look before the first statement; run all but the last of several, and return the last."""
        self.line = _running_line(self.session.file) if self.session.look else 0
        several = not parameters and ";" in statement.rstrip().rstrip(";")
        if not self.line or (READS.match(statement) and not several):
            self.line = 0
            return statement
        if not self.session.looked:
            self.session.looked = True
            self._tell(cursor, "")
        *first, last = self._parted(statement) if several else [statement]
        for one in first:
            self._begin(cursor, one)
            cursor.execute(one, parameters)  # as SQLAlchemy would: percent signs are doubled
            self.after(cursor, one)
        self._begin(cursor, last)
        return last

    def after(self, cursor: Any, statement: str) -> None:
        """Look, and end what we began."""
        if self.line:
            self._tell(cursor, statement)
            self._end("COMMIT")

    def failed(self, _context: Any) -> None:
        """Undo what we began; what is seen next is compared with a new look."""
        self.session.looked = False
        self._end("ROLLBACK")

    def _begin(self, cursor: Any, statement: str) -> None:
        """Begin a transaction for a statement that runs without one, where it may: its locks are gone at its end."""
        self.session.statement = statement
        if getattr(cursor.connection, "autocommit", False) and ALONE.match(statement) and "CONCURRENTLY" not in (
            statement.upper()
        ):  # fmt: skip
            _plainly(cursor.connection, "BEGIN")
            self.ours = cursor.connection

    def _end(self, how: str) -> None:
        if self.ours is not None:
            connection, self.ours = self.ours, None
            _plainly(connection, how)

    def _parted(self, statement: str) -> list[str]:
        """Ask the parent for the statements of a text."""
        self.session.say("part", text=statement)
        return self.session.requests.get()["pieces"] or [statement]

    def _tell(self, cursor: Any, statement: str) -> None:
        connection = cursor.connection
        seen = _plainly(connection, self.session.look)
        self.session.say(
            "looked", revision=self.session.revision, path=self.session.file, line=self.line,
            statement=statement[:SHOWN], look=seen,
            open=not getattr(connection, "autocommit", False) or self.ours is not None,
        )  # fmt: skip


def _plainly(connection: Any, statement: str) -> Any:
    """Run a statement of ours and return the first value of its row."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def _running_line(file: str) -> int:
    """Return the innermost line of the revision that is running; 0 when none is."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if file and frame.f_code.co_filename == file:
            return int(frame.f_lineno)
        frame = frame.f_back
    return 0


class Team:
    """A team's revisions, ready to be run."""

    def __init__(self, session: Session, request: dict[str, Any]) -> None:
        sys.path[:0] = request["paths"]
        self.session = session
        self.config = config_of(request)
        self.scripts = scripts_of(session, request)

    def run(self, request: dict[str, Any]) -> None:
        """Run upgrades or downgrades on a database and say which."""
        steps = self.scripts._upgrade_revs if request["do"] == "upgrade" else self.scripts._downgrade_revs
        self.session.applied = []
        engine = engine_of(self.session, request["url"])

        def apply(step: Any, **_: Any) -> None:
            self.session.applied.extend(step.up_revision_ids)

        with engine.connect() as connection, self._environment(steps, request["to"]) as environment:
            environment.configure(connection=connection, transaction_per_migration=True, on_version_apply=apply)
            with environment.begin_transaction():
                environment.run_migrations()
        self.session.say("done", applied=self.session.applied, sql="")

    def offline(self, request: dict[str, Any]) -> None:
        """Say what `alembic upgrade start:to --sql` prints, in SQL that psql can run."""
        buffer = io.StringIO()
        options = {"as_sql": True, "starting_rev": request["start"]}
        with self._environment(self.scripts._upgrade_revs, request["to"], **options) as environment:
            environment.configure(
                dialect_name="postgresql",
                dialect_opts={"paramstyle": "named"},
                literal_binds=True,
                output_buffer=buffer,
                transaction_per_migration=True,
            )
            with environment.begin_transaction():
                environment.run_migrations()
        self.session.say("done", applied=[], sql=buffer.getvalue())

    def _environment(self, steps: Any, to: Any, **options: Any) -> Any:
        from alembic.runtime.environment import EnvironmentContext

        options.setdefault("as_sql", False)
        target = to if isinstance(to, str) else tuple(to)
        environment: Any = EnvironmentContext(
            self.config, self.scripts, fn=lambda rev, _: steps(target, rev), destination_rev=target, **options
        )
        arguments = environment.get_x_argument

        def asked(as_dictionary: bool = False) -> Any:
            self.session.asked = True
            return arguments(as_dictionary)

        environment.get_x_argument = asked
        return environment


def serve(session: Session, requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Answer requests until the process ends."""
    watch_environment(session)
    session.requests = requests
    team: Team | None = None
    while True:
        request = requests.get()
        session.skip = frozenset(request["skip"])
        session.name = request["name"]
        session.look, session.looked = request.get("look", ""), False
        session.revision = session.file = session.direction = session.statement = ""
        session.applied = []
        try:
            if team is None:
                team = Team(session, request)
                session.say("done", applied=[], sql="")
            elif request["do"] == "offline":
                team.offline(request)
            else:
                team.run(request)
        except BaseException as error:  # sys.exit() of a revision, too, is an answer and not the end
            session.say("failed", **session.failure(error))


def receive(source: Any, requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Hand on what the parent asks; its end is ours."""
    for line in source:
        requests.put(json.loads(line))
    os._exit(0)


def main() -> None:
    """Put the pipes aside, so that no revision reads or writes them by mistake, and serve."""
    source, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=receive, args=(source, requests), daemon=True).start()
    serve(Session(answers), requests)


if __name__ == "__main__":
    main()
