"""Runs a team's revisions on a database of ours, never through the team's `env.py`.

An `env.py` may connect wherever it likes, whatever URL it is given. So the revision files are run in a process of their
own (`runner.py`), on a connection to the one database named, with `transaction_per_migration` on. Here nothing of the
checkout runs: the history is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy import make_url

from advisor.errors import ProofError, RevisionError
from advisor.revisions.project.configuration import open_config, open_scripts, python_paths
from advisor.revisions.project.reading import read_heading
from advisor.twin.servers.environment import closed_off, connect
from advisor.verify.running.failed import RevisionFailure, failure
from advisor.verify.running.look import Looked
from advisor.verify.running.mending import lacking
from advisor.verify.running.pipe_messages import Done, Failed, Opening, Request
from advisor.verify.running.runner import Runner, RunOptions, refuse_impossible
from advisor.verify.running.scratch import plain_url
from advisor.verify.running.stand_ins import StandIns, clear, fill, looked_in_vain

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import Engine

_LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What became of the revisions of an upgrade."""

    applied: tuple[str, ...]
    failed: tuple[RevisionFailure, ...]
    """What ended them, in order; each was rolled back and passed over."""
    made: tuple[str, ...] = ()
    """Roles, databases and extensions they name that the server did not have, and were made; rights that were given."""
    stood_in: tuple[str, ...] = ()
    """Tables in which a row stood in for production's while a revision ran that reads some."""


def upgrade(
    config: Path,
    url: str,
    to: str = "heads",
    start: Sequence[str] = (),
    options: RunOptions | None = None,
    superuser: str | None = None,
) -> Upgraded:
    """Upgrade the database at `url` to `to`; a revision that fails is passed over, and the rest goes on.

    `start` are revisions the database is taken to stand at already: they are stamped, not run. The URL is the only
    place that revisions connect to; by `superuser`, such a URL of the same server, what they lack is made.
    Raises `RevisionError` when the history cannot be read, `ProofError` when it is not known which revision failed.
    """
    with History.open(config, options=options, superuser=superuser) as history:
        if start:
            history.stamp(url, start)
        return history.upgrade_all(url, to)


@lru_cache(maxsize=8)
def postgresql_engine(url: str) -> Engine:
    """Return an unpooled psycopg engine for a `postgresql://` URL of any driver.

    Kept for the next call: SQLAlchemy asks a server about itself once per engine. It holds no connection.
    """
    from sqlalchemy import NullPool, create_engine, event, make_url

    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)

    @event.listens_for(engine, "do_connect")
    def without_environment(dialect: Any, _: Any, arguments: Any, parameters: Any) -> Any:
        with closed_off():
            return dialect.connect(*arguments, **parameters)

    return engine


@dataclass(frozen=True)
class History:
    """A team's revisions, read once, to be run on any database of ours; a context that ends the process they run in."""

    config: Config
    scripts: ScriptDirectory
    runner: Runner
    skip: frozenset[str] = frozenset()
    superuser: str | None = None
    """A superuser's URL of a server of ours, where roles and extensions that revisions name may be made for them."""
    made: list[str] = field(default_factory=list)
    """What was made: `role name`, `extension name`, `database name`, `right to alter role`."""
    stood_in: list[str] = field(default_factory=list)
    """Tables that held a row while a revision ran that reads some."""
    look: str = ""
    """Query that looks at the session after each statement of an upgrade; `looked` holds what it saw."""

    @classmethod
    def open(
        cls, config: Path, section: str = "alembic", options: RunOptions | None = None, superuser: str | None = None
    ) -> History:
        """Return the history that an alembic.ini or pyproject.toml names.

        Raises `RevisionError`, and `UsageError` for options that cannot be.
        """
        alembic, options = open_config(config, section), options or RunOptions()
        refuse_impossible(options)
        scripts = open_scripts(alembic)
        history = cls(alembic, scripts, Runner(_opening(alembic, scripts, options), options), options.skip, superuser)
        for revision in sorted(options.skip - {script.revision for script in scripts.walk_revisions()}):
            raise RevisionError(f"--skip {revision}: there is no such revision", do="look at `alembic history`")
        return history

    def without(self, *revisions: str) -> History:
        """Return the same history with these revisions passed over as well; the process is shared."""
        return replace(self, skip=self.skip | set(revisions))

    @property
    def looked(self) -> list[Looked]:
        """Return what was seen after each statement so far."""
        return self.runner.looked

    def __enter__(self) -> History:
        return self

    def __exit__(self, *exception: object) -> None:
        self.runner.close()

    def stamp(self, url: str, revisions: Sequence[str]) -> None:
        """Write `revisions` into the version table without running anything; an empty sequence means base."""
        from alembic.runtime.environment import EnvironmentContext

        wanted: Any = tuple(revisions) or "base"
        context = EnvironmentContext(
            self.config, self.scripts, fn=lambda rev, _: self.scripts._stamp_revs(wanted, rev), destination_rev=wanted
        )
        with postgresql_engine(url).connect() as connection, _readable(), context as environment:
            environment.configure(connection=connection, transaction_per_migration=True)
            with environment.begin_transaction():
                environment.run_migrations()

    def upgrade(self, url: str, to: str = "heads") -> tuple[str, ...]:
        """Run the upgrades that lead to `to` and return their revision ids. Raises `ProofError`."""
        return self._run(Request("upgrade", to, url, skip=tuple(sorted(self.skip))))

    def pending(self, url: str) -> list[tuple[str, Path]]:
        """Return the revisions that the database at `url` is not stamped with, in the order they run in, with files."""
        applied = self.applied(url)
        every = [(script.revision, Path(script.path)) for script in self.scripts.walk_revisions("base", "heads")]
        return [one for one in reversed(every) if one[0] not in applied]

    def upgrade_all(self, url: str, to: str = "heads") -> Upgraded:
        """Run the upgrades that lead to `to`, passing over those that fail."""
        applied: list[str] = []
        failed: dict[str, RevisionFailure] = {}
        while True:
            passed_over = {*self.skip, *failed}
            try:
                applied += self._run(Request("upgrade", to, url, skip=tuple(sorted(passed_over)), look=self.look))
                ran = tuple(revision for revision in applied if revision not in passed_over)
                return Upgraded(ran, tuple(failed.values()), tuple(self.made), tuple(self.stood_in))
            except RevisionFailure as error:
                if error.revision in passed_over:
                    raise
                applied += error.failed.applied
                failed[error.revision] = error

    def downgrade(self, url: str, to: str) -> tuple[str, ...]:
        """Run the downgrades that lead back to `to` and return their revision ids. Raises `ProofError`."""
        return self._run(Request("downgrade", to, url, skip=tuple(sorted(self.skip))))

    def current(self, url: str) -> tuple[str, ...]:
        """Return the revisions the database at `url` is stamped with."""
        from alembic.runtime.migration import MigrationContext

        engine = postgresql_engine(url)
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_heads()

    def applied(self, url: str) -> frozenset[str]:
        """Return the revisions the database at `url` is stamped with, and all below them."""
        return frozenset(
            script.revision for head in self.current(url) for script in self.scripts.walk_revisions("base", head)
        )

    def offline_sql(self, start: str | None, to: str) -> str:
        """Return what `alembic upgrade start:to --sql` prints, in SQL that psql can run."""
        request = Request("offline", to, start=start or "base", skip=tuple(sorted(self.skip)))
        return self._answered(self.runner.ask(request)).sql

    def _run(self, request: Request) -> tuple[str, ...]:
        applied: list[str] = []
        filled: dict[str, StandIns] = {}
        try:
            while True:
                try:
                    return (*applied, *self._answered(self.runner.ask(request)).applied)
                except RevisionFailure as error:
                    applied += error.failed.applied
                    if not self._mend(error, request.url) and not self._stand_in(error, request.url, filled):
                        raise
        except ProofError as error:
            if not isinstance(error, RevisionFailure):
                _disconnect(request)
            raise
        finally:
            for one in filled.values():
                with self._as_superuser(request.url) as connection:
                    clear(connection, one)

    def _mend(self, error: RevisionFailure, url: str) -> bool:
        """Make what a revision lacks, and return whether it is there now and was not before."""
        if self.superuser is None:
            return False
        for made, make in lacking(error):
            if made not in self.made:
                with self._as_superuser(url) as connection:
                    done = make(connection, str(make_url(url).username))
                self.made.extend([made] if done else [])
                return done
        return False

    def _stand_in(self, error: RevisionFailure, url: str, filled: dict[str, StandIns]) -> bool:
        """Give the tables that a revision read in vain a row each, once, and return whether any has one now."""
        if self.superuser is None or error.revision in filled or not looked_in_vain(error):
            return False
        with self._as_superuser(url) as connection:
            found = filled[error.revision] = fill(connection, error)
        self.stood_in.extend(one for one in found.tables if one not in self.stood_in)
        return bool(found.tables)

    def _as_superuser(self, url: str) -> psycopg.Connection[Any]:
        assert self.superuser
        place = plain_url(self.superuser, make_url(url).database)
        return connect(place, autocommit=True, options="-c search_path=pg_catalog")

    def _answered(self, answer: Done | Failed) -> Done:
        if isinstance(answer, Failed):
            raise failure(answer)
        return answer


def _disconnect(request: Request) -> None:
    """End the sessions that a killed process left behind: they would hold locks and the database."""
    from sqlalchemy import text

    statement = text(_LEAVE.replace("%s", ":name"))
    with postgresql_engine(request.url).connect() as connection:
        connection.execute(statement, {"name": request.name})


def _opening(config: Config, scripts: ScriptDirectory, options: RunOptions) -> Opening:
    headings = [asdict(read_heading(Path(script.path))) for script in scripts.walk_revisions()]
    ini, toml = config.config_file_name, config.toml_file_name
    return Opening(
        ini=str(Path(ini).absolute()) if ini else None,
        toml=str(Path(toml).absolute()) if toml else None,
        section=config.config_ini_section,
        folder=str(Path(scripts.dir).absolute()),
        paths=tuple(python_paths(config)),
        arguments=options.arguments,
        revisions=tuple({**heading, "path": str(heading["path"])} for heading in headings),
    )


@contextmanager
def _readable() -> Iterator[None]:
    """Turn what Alembic says of a history that does not hold together into a `RevisionError`."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise RevisionError(str(error), do="make `alembic history` work first") from error
