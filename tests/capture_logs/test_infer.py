"""The prefix of managed services and of ordinary configurations is inferred from a few lines of a real log."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from advisor.capture.infer import infer_prefix
from advisor.twin.server import Server, embedded_binaries

PREFIXES = (
    "%m [%p] ",
    "%m [%p] %q%u@%d ",
    "%m [%p] %c user=%u,db=%d,app=%a ",
    "%m:%r:%u@%d:[%p]:%l:%e:%s:%v:%x:%c:%q%a",
    "%t:%r:%u@%d:[%p]:",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(embedded_binaries(), {"log_min_duration_statement": "0"}) as running:
        yield running


@pytest.mark.parametrize("prefix", PREFIXES)
def test_an_unnamed_application_does_not_mislead(prefix: str, server: Server) -> None:
    with server.connect() as connection:
        connection.execute(f"ALTER SYSTEM SET log_line_prefix = '{prefix}'")
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.15)
    begin = server.log.stat().st_size
    for _ in range(3):
        with server.connect() as connection:
            for number in range(5):
                connection.execute("SELECT %s::int", (number,))
    time.sleep(0.1)
    inferred = infer_prefix(server.log.read_bytes()[begin:])
    assert inferred is not None
    assert inferred.replace("%q", "").replace("%h", "%r") == prefix.replace("%q", "").replace("%h", "%r")
