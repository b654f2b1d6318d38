"""Builds and drops indexes for the revisions beside it: concurrently, in turn, healing what was cut off.

Written by pgadvisor, together with the first revision that needs it; it needs nothing of pgadvisor. Keep it as long as
those revisions. Two deployments at once, or a run beside the build of a client that was killed, would deadlock or judge
a half-built index, so they take turns by an advisory lock of the session. It is polled: a statement that waits holds a
snapshot, and a concurrent build waits for those. The lock is handed to the transaction that stamps the revision.
"""

import contextlib
import hashlib
import logging
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

LOCK = int.from_bytes(b"advisor", "big")
"""Key of the advisory lock."""
BUILD_LOCK_TIMEOUT = "5min"
"""How long a concurrent build or drop may wait for old transactions. Generous on purpose: waiting blocks nobody, while
giving up leaves an INVALID index behind."""
CLEAN_UP_TIMEOUT = "2s"
"""The same for removing what a failed build left: what it failed for may go on, and a re-run heals it as well."""
QUEUE_MS, LEAST_QUEUE_MS = 100, 10
"""Milliseconds for which a statement may make the application queue behind it, all its locks together, and the least
for one lock: a short transaction must fit in."""
BRIEF_STATEMENT_TIMEOUT = "10s"
"""How long such a statement may run once it has its locks; milliseconds is what it takes."""
PATIENCE, PAUSE = 300.0, (0.3, 1.2)
"""Seconds for which it is tried again and again, and least and most seconds between two tries: drawn by chance, so that
tries do not fall into step with the application."""
TIMEOUTS = ("lock_timeout", "statement_timeout")

DROP_NOTE = "-- squawk-ignore require-concurrent-index-deletion\n"
"""An index of a partitioned table cannot be dropped concurrently."""
PARENT_NOTE = "-- squawk-ignore require-concurrent-index-creation\n"
"""The parent's index takes in those of its leaves and builds nothing."""

_DIALECT: Any = postgresql.dialect
_PREPARER = _DIALECT(paramstyle="named").identifier_preparer  # those of other styles double percent signs
_FREE = (
    "SELECT CASE WHEN EXISTS (SELECT FROM pg_stat_progress_create_index WHERE pid <> pg_backend_pid()"
    " AND relid IN (SELECT to_regclass(:table) UNION SELECT relid FROM pg_partition_tree(to_regclass(:table))))"
    " THEN false ELSE {lock}({key}) END"
)
_LEAVES = (
    "SELECT nspname, relname FROM pg_partition_tree(to_regclass(:table)) JOIN pg_class c ON c.oid = relid"
    " JOIN pg_namespace n ON n.oid = relnamespace WHERE isleaf AND relkind = 'r' ORDER BY 1, 2"
)
_LEFTOVERS = (
    "SELECT string_agg(CAST(CAST(indexrelid AS regclass) AS text), ', ' ORDER BY indexrelid) FROM pg_index"
    " JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid AND relkind = 'i' AND indexrelid"
    " NOT IN (SELECT index_relid FROM pg_stat_progress_create_index WHERE index_relid IS NOT NULL)"
)


class Table:
    """A table whose indexes are built or dropped by one revision."""

    def __init__(self, op: Any, schema: str, name: str) -> None:
        self.op, self.context = op, op.get_context()
        self.online = not self.context.as_sql
        options = op.get_bind().get_execution_options() if self.online else {}
        translated = options.get("schema_translate_map") or {}
        self.written = schema
        self.schema: str = translated.get(schema, translated.get(None, schema) if schema == "public" else schema)
        """Where `schema_translate_map` leads to; a model without a schema is one of `public`."""
        self.name = self.at(name)
        """Qualified and quoted, as are the names below."""

    def at(self, name: str) -> str:
        """Return an object of the table's schema, qualified and quoted."""
        return f"{quote(self.schema)}.{quote(name)}"

    def here(self, statement: str) -> sa.TextClause:
        """Return a statement whose first qualified name follows `schema_translate_map`, colons escaped."""
        if self.schema != self.written:
            statement = statement.replace(f"{quote(self.written)}.", f"{quote(self.schema)}.", 1)
        return sa.text(statement.replace(":", "\\:"))

    @contextlib.contextmanager
    def building(self, index: str) -> Iterator[None]:
        """Heal what an earlier build of this index left, run the build, and see that it is valid."""
        name = self.at(index)
        with self.alone(), self._healed(name):
            yield
            if self.online and not self._is_valid(name, self.name):
                raise RuntimeError(f"{index} is INVALID: upgrade again")

    @contextlib.contextmanager
    def dropping(self) -> Iterator[None]:
        """Run a concurrent drop."""
        with self.alone():
            yield

    def build_partitioned(
        self, index: str, body: str, leaves: Sequence[tuple[str, str]], salt: str, *, unique: bool = False
    ) -> None:
        """Build an index on each leaf, then make the parent's of those; call it within `alone()`.

        `leaves` (schema, table) are those known when the revision was written: partitions may have come and gone since.
        """
        name, kind = self.at(index), "UNIQUE INDEX" if unique else "INDEX"
        valid = self._is_valid(name) if self.online else None
        if self.online:
            leaves = [(one[0], one[1]) for one in self._ask(_LEAVES, table=self.name)]
        for schema, leaf in leaves if valid is None else ():
            part = name_on(schema, leaf, salt)
            with self._healed(f"{quote(schema)}.{quote(part)}"):
                create = f"CREATE {kind} CONCURRENTLY IF NOT EXISTS {quote(part)}"
                self._run(f"{create} ON {quote(schema)}.{quote(leaf)} {body}")
        if valid is False:
            self._run_briefly(f"{DROP_NOTE}DROP INDEX IF EXISTS {name}", len(leaves) + 1)
        self._run_briefly(
            f"{PARENT_NOTE}CREATE {kind} IF NOT EXISTS {quote(index)} ON {self.name} {body}", len(leaves) + 1
        )
        if self.online and not self._is_valid(name, self.name):
            raise RuntimeError(f"{index} is INVALID: upgrade again")

    def drop_partitioned(self, index: str, members: int) -> None:
        """Drop an index of a partitioned table and of its `members`; call it within `alone()`."""
        if self.online:
            members = 1 + len(self._ask(_LEAVES, table=self.name))
        self._run_briefly(f"{DROP_NOTE}DROP INDEX IF EXISTS {self.at(index)}", members)

    def name_leftovers(self) -> None:
        """Warn of INVALID indexes: what an upgrade left behind that was never stamped, no downgrade removes."""
        if self.online and (left := self._ask(_LEFTOVERS)[0][0]):
            _say(f"INVALID, left by index builds that were cut off: {left}; DROP INDEX CONCURRENTLY removes them")

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Leave the transaction, take turns with other deployments, and keep the session's timeouts."""
        cause: BaseException | None = None
        try:
            with self.context.autocommit_block():
                try:
                    with self._timeouts("SET ", BUILD_LOCK_TIMEOUT, "0"):
                        self._take_turn("pg_try_advisory_lock")
                        yield
                except BaseException as error:
                    cause = error
                    with contextlib.suppress(sa.exc.SQLAlchemyError):
                        self._run(f"SELECT pg_advisory_unlock({LOCK})")
                    raise
        except BaseException as error:
            # Alembic's own clean-up fails, too, once the connection is lost; the last word has what came first.
            raise (cause or error) from None
        if self.online:
            self._run(f"SELECT pg_advisory_xact_lock({LOCK}), pg_advisory_unlock({LOCK})")

    @contextlib.contextmanager
    def in_transaction(self, lock_timeout: str, statement_timeout: str) -> Iterator[None]:
        """Take turns, and have timeouts of our own, within the transaction that the migration runs in."""
        self._take_turn("pg_try_advisory_xact_lock")
        with self._timeouts("SET LOCAL ", lock_timeout, statement_timeout):
            yield

    @contextlib.contextmanager
    def _timeouts(self, verb: str, lock_timeout: str, statement_timeout: str) -> Iterator[None]:
        """Set timeouts and put them back; what they were is noted on the server, so that it works offline, too."""
        local = "true" if "LOCAL" in verb else "false"
        for name in TIMEOUTS:
            self._run(f"SELECT set_config('advisor.{name}', current_setting('{name}'), {local})")
        self._set(lock_timeout, statement_timeout, verb)
        try:
            yield
        finally:
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # the connection may be lost
                for name in TIMEOUTS:
                    self._run(f"SELECT set_config('{name}', current_setting('advisor.{name}'), {local})")

    def _set(self, lock_timeout: str, statement_timeout: str, verb: str = "SET ") -> None:
        self._run(f"{verb}statement_timeout = {statement_timeout!r}")
        self._run(f"{verb}lock_timeout = {lock_timeout!r}")

    def _take_turn(self, lock: str) -> None:
        """Wait while another deployment, or a build whose client was killed, is at work here."""
        if not self.online:
            return
        heads, told = sorted(self.context.get_current_heads()), False
        while not self._ask(_FREE.format(lock=lock, key=LOCK), table=self.name)[0][0]:
            if not told:
                _say("waiting for another deployment, or for an index build, to end")
            told = True
            time.sleep(random.uniform(*PAUSE))
        if (now := sorted(self.context.get_current_heads())) != heads:
            raise RuntimeError(f"another deployment came first: {heads} has become {now}; run alembic again")

    @contextlib.contextmanager
    def _healed(self, index: str) -> Iterator[None]:
        """Remove the INVALID index that a build leaves which is cut off: an earlier one before, our own after it."""
        self._drop_invalid(index)
        try:
            yield
        except BaseException:
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # the connection may be lost, a long transaction open
                self._set(CLEAN_UP_TIMEOUT, "0")
                self._drop_invalid(index)
            raise

    def _drop_invalid(self, index: str) -> None:
        if self.online and self._is_valid(index) is False:
            self._run(f"DROP INDEX CONCURRENTLY IF EXISTS {index}")

    def _is_valid(self, index: str, table: str | None = None) -> bool | None:
        """Return pg_index.indisvalid, `None` when there is no such index, or none of that table."""
        question = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:index)"
        if table:
            question += " AND indrelid = to_regclass(:table)"
        rows = self._ask(question, index=index, **({"table": table} if table else {}))
        return bool(rows[0][0]) if rows else None

    def _run_briefly(self, statement: str, members: int) -> None:
        """Run what the application queues behind, and that locks `members` tables: give up soon, try again later."""
        self._set(f"{max(LEAST_QUEUE_MS, QUEUE_MS // members)}ms", BRIEF_STATEMENT_TIMEOUT)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                self._run(statement)
                break
            except sa.exc.DBAPIError as error:
                state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
                if state != "55P03" or time.monotonic() > until:
                    raise
                time.sleep(random.uniform(*PAUSE))
        self._set(BUILD_LOCK_TIMEOUT, "0")

    def _run(self, statement: str) -> None:
        self.op.execute(sa.text(statement.replace(":", "\\:")))

    def _ask(self, question: str, **values: str) -> Any:
        return self.op.get_bind().execute(sa.text(question), values).all()


def quote(name: str) -> str:
    """Return an identifier as it stands in SQL."""
    return str(_PREPARER.quote(name))


def name_on(schema: str, leaf: str, salt: str) -> str:
    """Return the name of the index on a leaf, at most 63 bytes."""
    digest = hashlib.sha256(f"{schema}.{leaf} {salt}".encode()).hexdigest()[:8]
    return f"ix_{leaf}".encode()[:54].decode(errors="ignore") + f"_{digest}"


def _say(text: str) -> None:
    logging.getLogger("pgadvisor").warning(text)  # Alembic silences its own where no env.py says otherwise
