"""What every rewrite prints, word for word: forms that did what the originals do on rows when they were kept (forms.py)."""

from __future__ import annotations

import json

import pytest

from advisor.catalog.live.introspect import read_schema
from advisor.catalog.schema import Schema
from advisor.twin.servers.server import Server
from tests.rewrites.forms import FILE, SCHEMAS, Asked, answers, said

FORMS = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def schemas(server: Server) -> dict[str, Schema]:
    """The catalogs that the statements were written for."""
    found = {}
    for name, path in SCHEMAS.items():
        with server.connect() as admin:
            admin.execute("CREATE DATABASE rewritten_forms")
        with server.connect("rewritten_forms") as connection:
            connection.execute(path.read_bytes())
            found[name] = read_schema(connection)
        with server.connect() as admin:
            admin.execute("DROP DATABASE rewritten_forms WITH (FORCE)")
    return found


@pytest.mark.parametrize("asked", FORMS, ids=lambda asked: f"{asked['kind']}: {asked['text'][:60]}")
def test_what_is_printed_is_what_was_run(schemas: dict[str, Schema], asked: Asked) -> None:
    assert [said(one) for one in answers(asked, schemas[asked["schema"]])] == asked["says"]
