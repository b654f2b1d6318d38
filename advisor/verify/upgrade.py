"""Runs a team's revisions on a database of ours, never through the team's `env.py`.

An `env.py` may connect wherever it likes, whatever URL it is given. So the revision files are run in an environment
made here, on a connection made here, with `transaction_per_migration` on.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.errors import ProofError, RevisionError
from advisor.revisions.configuration import open_config, open_scripts

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from sqlalchemy import Engine


def upgrade(config: Path, url: str, to: str = "heads", start: Sequence[str] = ()) -> tuple[str, ...]:
    """Upgrade the database at `url` to `to` and return the revisions applied, in order.

    `start` are revisions the database is taken to stand at already: they are stamped, not run. The URL is the only
    place that is connected to. Raises `ProofError` with the revision that failed and the server's words.
    """
    history = History.open(config)
    if start:
        history.stamp(url, start)
    return history.upgrade(url, to)


@lru_cache(maxsize=8)
def postgresql_engine(url: str) -> Engine:
    """Return an unpooled psycopg engine for a `postgresql://` URL of any driver.

    Kept for the next call: SQLAlchemy asks a server about itself once per engine. It holds no connection.
    """
    from sqlalchemy import NullPool, create_engine, make_url

    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)


@dataclass(frozen=True)
class History:
    """A team's revisions, loaded once, to be run on any database of ours."""

    config: Config
    scripts: ScriptDirectory

    @classmethod
    def open(cls, config: Path, section: str = "alembic") -> History:
        """Return the history that an alembic.ini or pyproject.toml names. Raises `RevisionError`."""
        alembic = open_config(config, section)
        return cls(alembic, open_scripts(alembic))

    def stamp(self, url: str, revisions: Sequence[str]) -> None:
        """Write `revisions` into the version table without running anything; an empty sequence means base."""
        wanted = tuple(revisions) or "base"
        self._run(url, lambda rev, _: self.scripts._stamp_revs(wanted, rev), destination=wanted)

    def upgrade(self, url: str, to: str = "heads") -> tuple[str, ...]:
        """Run the upgrades that lead to `to` and return their revision ids. Raises `ProofError`."""
        return self._run(url, lambda rev, _: self.scripts._upgrade_revs(to, rev), destination=to)

    def downgrade(self, url: str, to: str) -> tuple[str, ...]:
        """Run the downgrades that lead back to `to` and return their revision ids. Raises `ProofError`."""
        return self._run(url, lambda rev, _: self.scripts._downgrade_revs(to, rev), destination=to)

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
        from alembic.runtime.environment import EnvironmentContext

        buffer = io.StringIO()
        begin = start or "base"
        options = {"as_sql": True, "starting_rev": begin, "destination_rev": to}
        with EnvironmentContext(
            self.config, self.scripts, fn=lambda rev, _: self.scripts._upgrade_revs(to, rev), **options
        ) as environment:
            environment.configure(
                dialect_name="postgresql",
                dialect_opts={"paramstyle": "named"},
                literal_binds=True,
                output_buffer=buffer,
                transaction_per_migration=True,
            )
            with environment.begin_transaction():
                environment.run_migrations()
        return buffer.getvalue()

    def _run(self, url: str, steps: Any, destination: Any) -> tuple[str, ...]:
        from alembic.runtime.environment import EnvironmentContext

        applied: list[str] = []
        engine = postgresql_engine(url)
        with engine.connect() as connection:
            environment = EnvironmentContext(
                self.config, self.scripts, fn=steps, as_sql=False, destination_rev=destination
            )
            with environment, _explained(applied):
                environment.configure(
                    connection=connection,
                    transaction_per_migration=True,
                    on_version_apply=lambda step, **_: applied.extend(step.up_revision_ids),
                )
                with environment.begin_transaction():
                    environment.run_migrations()
        return tuple(applied)


@contextmanager
def _explained(applied: list[str]) -> Iterator[None]:
    """Turn whatever a revision raises into a `ProofError` that says how far it came."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise RevisionError(str(error), do="make `alembic history` work first") from error
    except Exception as error:
        after = f"the revision after {applied[-1]}" if applied else "the revision"
        first = _first(error)
        reason = str(getattr(first, "orig", None) or first).strip().splitlines()
        what = f"{after} failed: {reason[0] if reason else type(first).__name__}"
        raise ProofError(what, do="run it on a scratch database to see the whole error") from error


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first: Alembic's own clean-up fails as well once the connection is lost."""
    return _first(error.__context__) if error.__context__ and not error.__cause__ else error
