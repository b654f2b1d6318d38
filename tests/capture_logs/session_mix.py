"""One mix of sessions: every way a statement reaches the server, from users and applications with awkward names."""

from __future__ import annotations

import contextlib

import psycopg
from psycopg import ClientCursor, sql

from advisor.twin.servers.server import Server

DATABASE = "my db"
USERS = ("svc@proj.iam", "sv+x", "some body")
APPLICATIONS = ("web", "my app: LOG: x", "a=b,c[1]:", "[1234] LOG:  odd")

SCHEMA = """
CREATE TABLE author (id int PRIMARY KEY, name text);
CREATE TABLE book (id int PRIMARY KEY, author_id int, title text, price numeric);
INSERT INTO author SELECT g, 'author ' || g FROM generate_series(1, 40) g;
INSERT INTO book SELECT g, 1 + g % 40, 'title ' || g, g FROM generate_series(1, 400) g;
GRANT ALL ON ALL TABLES IN SCHEMA public TO PUBLIC;
"""


def prepare(server: Server) -> None:
    """Make the database and the users."""
    with server.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        for user in USERS:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(user)))
    with server.connect(DATABASE) as connection:
        connection.execute(SCHEMA)
        connection.execute("CREATE EXTENSION pg_stat_statements")


def play(server: Server) -> None:
    """Run the mix; what it runs does not depend on anything."""
    for number, user in enumerate(USERS):
        for application in APPLICATIONS[number:]:
            options = {"dbname": DATABASE, "user": user, "application_name": application}
            with psycopg.connect(server.conninfo(DATABASE), **options, autocommit=True) as connection:  # type: ignore[arg-type]
                _statements(connection, number)


def _statements(connection: psycopg.Connection, number: int) -> None:
    execute = connection.execute
    execute("SELECT name FROM author WHERE id = 7")
    execute("SELECT name\n  FROM author\n\tWHERE name = 'it''s, $1 LOG:  duration: 1 ms' -- remark")
    execute("/* controller='books',action='list' */ SELECT count(*) FROM book WHERE price > 12.5")
    for value in ("plain", "it's, a 'list', $2 = 'x'", "line\nbreak", "tab\there", "", None):
        execute("SELECT id FROM book WHERE title = %s AND price > %s", (value, number))
    execute(b"PREPARE by_author(int, text) AS SELECT title FROM book WHERE author_id = $1 AND title <> $2")
    execute("EXECUTE by_author(3, 'a, b')")
    execute("EXECUTE by_author(4, 'it''s')")
    with contextlib.suppress(psycopg.Error):
        execute("SELECT nothing FROM author")
    with contextlib.suppress(psycopg.Error):
        execute("SELECT 1 / %s", (0,))
    with connection.transaction():
        for (author,) in execute("SELECT id FROM author ORDER BY id LIMIT 8").fetchall():
            execute("SELECT title FROM book WHERE author_id = %s ORDER BY id", (author,)).fetchall()
        execute("UPDATE book SET price = price + 1 WHERE id = %s", (5,))
    with ClientCursor(connection) as simple:
        for (author,) in execute("SELECT id FROM author WHERE id < 7").fetchall():
            simple.execute("SELECT name FROM author WHERE id = %s", (author,))
    with connection.transaction(), connection.cursor(name="paged") as cursor:
        cursor.execute("SELECT * FROM book WHERE id < 30")
        cursor.fetchmany(10)
        cursor.fetchmany(10)
