"""Drivers without an ORM: psycopg (bound and literal values), psycopg2, asyncpg, pg8000."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import asyncpg
import pg8000.native
import psycopg
import psycopg2
import psycopg2.extras

from tests.nplus1_corpus.generated.stacks.raw import RawStack


class Psycopg(RawStack):
    """psycopg 3: values bound by the server, statements prepared after some runs."""

    factory: Any = psycopg.Cursor

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        super().__init__(chance, autocommit)
        self.any_lists = chance.random() < 0.4
        self.connection = psycopg.connect(
            f"host={host} port=5432 user=postgres dbname={database} application_name={application}",
            autocommit=True, cursor_factory=self.factory,
        )  # fmt: skip

    def run(self, text: str, values: list[Any], *, returns: bool) -> list[Any]:
        """Run a statement."""
        cursor = self.connection.execute(text.encode(), values or None)
        return cursor.fetchall() if returns and not self.pipelined else []

    @property
    def pipelined(self) -> bool:
        """Whether results come later."""
        return self.connection.pgconn.pipeline_status != 0

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class PsycopgLiteral(Psycopg):
    """psycopg 3 with values written into the text."""

    factory = psycopg.ClientCursor


class Psycopg2(RawStack):
    """psycopg2: values in the text, the driver's own BEGIN."""

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        super().__init__(chance, autocommit)
        self.connection = psycopg2.connect(
            host=host, port=5432, user="postgres", dbname=database, application_name=application
        )
        psycopg2.extras.register_uuid(conn_or_curs=self.connection)
        self.connection.autocommit = autocommit

    def begin(self) -> None:
        """Leave it to the driver."""

    def commit(self) -> None:
        """Commit."""
        if not self.autocommit:
            self.connection.commit()

    def run(self, text: str, values: list[Any], *, returns: bool) -> list[Any]:
        """Run a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetchall() if returns else []

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class Asyncpg(RawStack):
    """asyncpg: every statement prepared."""

    any_lists = True

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        super().__init__(chance, autocommit)
        self.loop = asyncio.new_event_loop()
        named = {"application_name": application}
        made = asyncpg.connect(host=host, port=5432, user="postgres", database=database, server_settings=named)
        self.connection = self.loop.run_until_complete(made)

    def place(self, number: int) -> str:
        """Return `$n`."""
        return f"${number}"

    def run(self, text: str, values: list[Any], *, returns: bool) -> list[Any]:
        """Run a statement."""
        call = self.connection.fetch if returns or values else self.connection.execute
        found = self.loop.run_until_complete(call(text, *values))
        return found if returns else []

    def close(self) -> None:
        """Close the connection."""
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()


class Pg8000(RawStack):
    """pg8000: unnamed statements, parsed anew each time."""

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        super().__init__(chance, autocommit)
        socket = f"{host}/.s.PGSQL.5432"
        self.connection = pg8000.native.Connection(
            "postgres", database=database, unix_sock=socket, application_name=application
        )

    def place(self, number: int) -> str:
        """Return `:vn`."""
        return f":v{number}"

    def run(self, text: str, values: list[Any], *, returns: bool) -> list[Any]:
        """Run a statement."""
        named = {f"v{number}": value for number, value in enumerate(values, 1)}
        return self.connection.run(text, **named) or []

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()
