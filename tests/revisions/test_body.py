"""What a revision runs, read from what it prints offline: the whole definition up, and the same definition back down."""

from __future__ import annotations

import io
import pathlib
import runpy
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import alembic.op
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from advisor.catalog.index import IndexDefinition, IndexKey, quote_identifier
from advisor.revisions.body import HELPER, plain_body
from advisor.revisions.change import Change
from advisor.revisions.helper import helper_source
from tests.revisions.builders import definition, proposal

CASES = tomllib.loads((Path(__file__).parent / "bodies.toml").read_text())["case"]
DROP = "DROP INDEX CONCURRENTLY IF EXISTS {schema}.{name}"


def key(given: str | list[str]) -> IndexKey:
    if isinstance(given, str):
        return IndexKey.of(given)
    text, column, opclass, direction = given
    return IndexKey(text, column or None, opclass or None, None, direction == "desc")


def change_of(case: dict[str, Any], kind: str) -> Change:
    given = {"include": (), "storage": (), **case["definition"]}
    wanted = IndexDefinition(
        schema=given.pop("schema", "public"), table=given.pop("table"), keys=tuple(map(key, given.pop("keys"))),
        include=tuple(given.pop("include")), storage=tuple(map(tuple, given.pop("storage"))), **given,
    )  # fmt: skip
    rest = case.get("change", {})
    return Change(kind, "ix_new", proposal(wanted), wanted, **{**rest, "marks": tuple(rest.get("marks", ()))})


def function(body: str) -> str:
    return "def migrate():\n" + textwrap.indent(body, "    ")


def printed(body: str, tmp: Path) -> list[str]:
    """Return the statements that a body prints offline, but those that keep and restore the timeouts."""
    buffer = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer})
    (folder := tmp / HELPER).mkdir(exist_ok=True)
    (folder / "__init__.py").write_text(helper_source())
    names: dict[str, Any] = {"sa": sa, "pathlib": pathlib, "runpy": runpy, "op": alembic.op}
    names["__file__"] = str(tmp / "revision.py")
    with Operations.context(context):
        exec(function(body), names)
        names["migrate"]()
    statements = [one.strip() for one in buffer.getvalue().split(";\n")]
    return [one for one in statements if one and not one.startswith(("SELECT set_config", "SET ", "COMMIT", "BEGIN"))]


@pytest.mark.parametrize("kind", ["create", "drop"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_revision_makes_the_index_with_all_that_its_definition_says(
    case: dict[str, Any], kind: str, tmp_path: Path
) -> None:
    body = plain_body(change_of(case, kind))
    made, gone = (body.upgrade, body.downgrade) if kind == "create" else (body.downgrade, body.upgrade)
    assert printed(made, tmp_path) == [case["sql"], *case.get("after", [])]
    schema = quote_identifier(case["definition"].get("schema", "public"))
    assert printed(gone, tmp_path) == [DROP.format(schema=schema, name="ix_new")]
    for text in case.get("source", []):
        assert text in made


def test_an_extension_is_made_and_stays(tmp_path: Path) -> None:
    body = plain_body(Change("extension", "pg_trgm", proposal(definition("events", "kind"))))
    assert printed(body.upgrade, tmp_path) == ["CREATE EXTENSION IF NOT EXISTS pg_trgm"]
    assert printed(body.downgrade, tmp_path) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_formatter_finds_nothing_to_change(case: dict[str, Any]) -> None:
    body = plain_body(change_of(case, "drop"))
    source = function(body.upgrade) + "\n\n" + function(body.downgrade).replace("def migrate", "def back", 1)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "--diff", "-"]
    done = subprocess.run(ruff, input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
