"""The prefix of managed services and of ordinary configurations is inferred from a few lines of a real log."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from advisor.capture.lines.infer import infer_prefix
from advisor.twin.servers.server import Server, embedded_binaries
from advisor.workload.collect import collect
from advisor.workload.model import Workload

PREFIXES = (
    "%m [%p] ",
    "%m [%p] %q%u@%d ",
    "%m [%p] %c user=%u,db=%d,app=%a ",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
    "%t:%r:%u@%d:[%p]:",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%m [%l] %p user=%u@%d,app=%a ",
    "%t [%p] user - %u, db - %d ",
    "%m [%c] [%l] app=%a user=%u ",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(embedded_binaries(), {"log_min_duration_statement": "0"}) as running:
        yield running


def log_of(server: Server, prefix: str, chance: random.Random) -> bytes:
    """Return what a server with this prefix logs of a few sessions, some with odd application names."""
    with server.connect() as connection:
        connection.execute(
            sql.SQL("ALTER SYSTEM SET log_line_prefix = {}").format(sql.Literal(prefix)).as_string(connection).encode()
        )
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)
    begin = server.log.stat().st_size
    for _ in range(4):
        with server.connect() as connection:
            name = chance.choice(("", "web", "My App", "DBeaver 23.1 - Main", "psql"))
            connection.execute("SELECT set_config('application_name', %s, false)", (name,))
            for number in range(chance.randint(3, 7)):
                connection.execute("SELECT %s::int", (number,))
    time.sleep(0.1)
    return server.log.read_bytes()[begin:]


def meaning(prefix: str) -> str:
    """Return a prefix without what makes no difference to its fields."""
    return re.sub(r"%-?[0-9]+", "%", prefix.replace("%q", "").replace("%r", "%h"))


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_prefix_of_a_server_is_inferred(prefix: str, server: Server) -> None:
    guess = infer_prefix(log_of(server, prefix, random.Random(prefix)))
    assert guess is not None
    assert meaning(guess.prefix) == meaning(prefix)
    assert guess.doubts == ()


LABELS = {
    "u": ("user", "usr"), "d": ("db", "database"), "a": ("app", "application"), "h": ("client", "host"),
    "c": ("session", "sess"), "v": ("vxid",), "x": ("xid", "tx"), "e": ("sqlstate", "state"),
}  # fmt: skip
BEGINNINGS = (
    "%m ", "%t ", "%m [%p] ", "%t [%p]: ", "%m [%p]: [%l-1] ", "%t [%p]: [%l-1] ", "[%p] %m ", "%m %p ", "%n [%p] ",
    "%m [%c] [%l] ", "%m [%p] %l ", "%m [%l] %p ",
)  # fmt: skip
UNLABELLED = (
    "%u@%d ", "%u@%d/%a ", "[%u@%d] ", "%u %d ", "%d/%u ", "%h %d %u ", "%d - %u - %a ", "<%u,%d> ", "(%d:%u) ", "%u@%d:[%p]: ",
    "user=%u@%d ", "user=%u@%d,app=%a ", "user - %u, db - %d ", "user = %u, db = %d ", "user: %u db: %d ",
)  # fmt: skip


def any_prefix(chance: random.Random) -> str:
    """Return a prefix as somebody might set it."""
    begin = chance.choice(BEGINNINGS)
    if chance.random() < 0.4:
        return begin + chance.choice(UNLABELLED)
    fields = [field for field in chance.sample(sorted(LABELS), chance.randint(1, 5)) if f"%{field}" not in begin]
    opening, between, closing = chance.choice((("", ",", " "), ("", " ", " "), ("[", ",", "] "), ("", "; ", " ")))
    body = between.join(f"{chance.choice(LABELS[field])}=%{field}" for field in fields)
    return begin + chance.choice(("", "%q")) + opening + body + closing


def test_a_prefix_is_right_or_called_ambiguous(server: Server) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(12):
        prefix = any_prefix(chance)
        guess = infer_prefix(log_of(server, prefix, chance))
        assert guess is not None, prefix
        assert meaning(guess.prefix) == meaning(prefix) or guess.doubts, (prefix, guess)


def of(name: str) -> Workload:
    """Return what one of the awkward logs holds."""
    return collect([str(Path(__file__).parent / "awkward" / f"{name}.log")], jobs=1)


def test_short_connections_do_not_exchange_process_id_and_line_number() -> None:
    workload = of("cloudsql_like")
    assert workload.inputs[0].settings["log_line_prefix"] == "%m [%p]: [%l-1] db=%d,user=%u "
    assert "process id 20000, line number 1, database prod, user app" in workload.inputs[0].settings["one line"]
    assert {loop.executions / loop.loops for loop in workload.loops} == {6.0}


def test_a_user_and_its_database_after_one_label_are_two_fields() -> None:
    assert {(query.database, query.users, query.calls) for query in of("L11-user-at-db").queries} == {
        ("shop", ("web",), 3.0), ("crm", ("web",), 2.0),
    }  # fmt: skip


def test_names_of_prepared_statements_may_hold_colons() -> None:
    (query,) = of("L1-prepared-colon").queries
    assert query.text == "SELECT id, name FROM items WHERE owner = $1 AND kind = $2"
    assert query.calls == 2.0
    assert {sample.parameters for sample in query.samples} >= {("17", "it's: $1 = 'x', or so"), ("18", "k")}


def test_syslog_tags_without_a_process_are_joined_and_keep_parameters() -> None:
    workload = of("L7-syslog-nopid")
    assert workload.inputs[0].kind == "syslog"
    assert {query.text: query.users for query in workload.queries} == {
        "select id, title from doc where owner = $1": ("fusion",), "select\n  count(*)\n  from doc where owner = $1": ("fusion",),
    }  # fmt: skip
    assert {sample.parameters for query in workload.queries for sample in query.samples} == {("42",), None}
