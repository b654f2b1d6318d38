"""A database with rows as it is against a copy with the pending revisions: run times, and what to revert."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from advisor.capture.conninfo import connection_parameters, place, server_message
from advisor.errors import ProofError
from advisor.twin.servers.rights import open_database
from advisor.twin.servers.server_settings import set_for_database
from advisor.twin.statement import BoundStatement
from advisor.verify.measuring.judging import LIMIT, judge
from advisor.verify.measuring.revision_effects import Effects
from advisor.verify.measuring.timing import Measured, measure
from advisor.verify.proof import Proof, RevisionVerdict, StatementFailure, Timing
from advisor.verify.running.scratch import plain_url
from advisor.verify.running.upgrade import History

_FILE_COPY_SINCE = 150000


@dataclass(frozen=True, slots=True)
class OnData:
    """What the pending revisions did to the workload on rows."""

    timings: tuple[Timing, ...]
    """Without any and with all of them."""
    verdicts: tuple[RevisionVerdict, ...]
    failures: tuple[StatementFailure, ...]

    def added_to(self, proof: Proof) -> Proof:
        """Return the proof with what was measured, heaviest queries first."""
        timings = tuple(sorted(self.timings, key=lambda one: (-one.total_before_ms, one.query)))
        return replace(proof, timings=timings, verdicts=self.verdicts, failures=self.failures)


def effects_on_data(
    history: History,
    url: str,
    statements: Mapping[str, Sequence[BoundStatement]],
    *,
    start: Sequence[str] = (),
    to: str = "heads",
    runs: int = 20,
    seconds: float = 60.0,
    limit: float = LIMIT,
    administration: str | None = None,
) -> OnData:
    """Return what each pending revision up to `to` does to the queries, and their run times without and with all.

    The database at `url` is copied beside itself, by a role of the server that `administration` names where it is
    another; only the copy is upgraded, and it is dropped again. The statements run on both, so they should only read.
    `start` says where a database without a version table stands. A query that gets slower by the factor `limit`
    makes the revision that changed its plan one to revert. Raises `ProofError` when the database cannot be copied.
    """
    with copied_database(url, administration) as copy:
        if start and not history.current(copy):
            history.stamp(copy, start)
        revisions = _pending(history, copy, to)
        effects = Effects(history, url, copy, statements, limit, runs, seconds / 2 / max(1, len(revisions)))
        verdicts = list(effects.verdicts(revisions))
        whole = measure(copy, effects.statements, before_url=url, runs=runs, seconds=seconds / 2)
        verdicts += _left_over(whole, verdicts, copy, effects)
    failures = {one.query: one for one in (*whole.failures, *effects.failures)}
    return OnData(whole.timings, tuple(verdicts), tuple(failures.values()))


def _pending(history: History, url: str, to: str) -> list[str]:
    """Return the revisions up to `to` that the database is not stamped with, oldest first."""
    from advisor.revisions.project.configuration import readable

    with readable(Path(history.scripts.dir)):
        upper = [script.revision for script in history.scripts.walk_revisions("base", to)]
    applied = history.applied(url)
    return [revision for revision in reversed(upper) if revision not in applied]


def _left_over(
    whole: Measured, verdicts: Sequence[RevisionVerdict], copy: str, effects: Effects
) -> Iterator[RevisionVerdict]:
    """Yield a verdict on all revisions together, where a query is slower in the end and none of them was blamed."""
    blamed = any(one.verdict == "revert" for one in verdicts)
    for timing in whole.timings if not blamed else ():
        if judge(timing, effects.limit) == "slower":
            chosen = {timing.query: effects.statements[timing.query]}
            again = measure(copy, chosen, before_url=effects.original, runs=2 * effects.runs).timings
            if again and judge(again[0], effects.limit) == "slower":
                before, after = again[0].before[0], again[0].after[0]
                why = f"{timing.query[:12]} {before:.2f} → {after:.2f} ms, with the plan it had"
                yield RevisionVerdict("all together", "revert", f"slower by the limit of {effects.limit:g}: {why}")


@contextlib.contextmanager
def copied_database(url: str, administration: str | None = None) -> Iterator[str]:
    """Yield the URL of a copy of the database, on the same server, for the length of the block.

    It is made by the role of `url`, or by that of `administration`.
    """
    parameters = connection_parameters(url)
    source, name = str(parameters.get("dbname") or ""), f"advisor_copy_{secrets.token_hex(6)}"
    try:
        admin = psycopg.connect(plain_url(administration or url, "template1"), autocommit=True)
    except psycopg.Error as error:
        reason = server_message(error, parameters)
        raise ProofError(f"the database with data cannot be reached: {reason}", where=place(parameters)) from None
    with admin:
        _nobody_else(admin, source)
        strategy = " STRATEGY file_copy" if admin.info.server_version >= _FILE_COPY_SINCE else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy)
        try:
            admin.execute(create.format(sql.Identifier(name), sql.Identifier(source)))
        except psycopg.Error as error:
            do = "use a role that may create databases"
            raise ProofError(f"{source} cannot be copied: {server_message(error, parameters)}", do=do) from None
        try:
            _carry_settings(admin, source, name)
            if administration:
                open_database(admin, name, str(parameters.get("user")))
            yield plain_url(url, name)
        finally:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            admin.execute(drop.format(sql.Identifier(name)))


def _carry_settings(connection: psycopg.Connection, source: str, name: str) -> None:
    """Give the copy what `ALTER DATABASE` and `ALTER ROLE … IN DATABASE` set for its source, which is not copied along.

    What this role may not set is left out: statements then run with the role's own value.
    """
    rows = connection.execute(
        "SELECT r.rolname, split_part(item, '=', 1), substr(item, strpos(item, '=') + 1)"
        " FROM pg_db_role_setting o JOIN pg_database d ON d.oid = o.setdatabase"
        " CROSS JOIN LATERAL unnest(o.setconfig) AS item LEFT JOIN pg_roles r ON r.oid = o.setrole"
        " WHERE d.datname = %s ORDER BY r.rolname, item",
        (source,),
    ).fetchall()
    for role, setting, value in rows:
        with contextlib.suppress(psycopg.Error):
            set_for_database(connection, name, setting, value, role)


def _nobody_else(connection: psycopg.Connection, database: str) -> None:
    """Raise `ProofError` at once, naming the sessions for which the server would wait and then give up."""
    rows = connection.execute(
        "SELECT pid, application_name FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend' ORDER BY pid",
        (database,),
    ).fetchall()
    if rows:
        sessions = ", ".join(f"{pid} ({name})" if name else str(pid) for pid, name in rows)
        what = f"{database} cannot be copied: it is in use by {sessions}"
        raise ProofError(what, do="end these sessions")
