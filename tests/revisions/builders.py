"""Proposals and Alembic environments for the tests of revisions and their proof."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import CommandLine, Config

from advisor.catalog.index import IndexDefinition, IndexKey, IndexSize
from advisor.indexes.proposal import Benefit, IndexProposal, QueryBenefit, WriteCost


def definition(table: str, *columns: str | IndexKey, schema: str = "public", **rest) -> IndexDefinition:
    keys = tuple(column if isinstance(column, IndexKey) else IndexKey.of(column) for column in columns)
    return IndexDefinition(schema, table, keys, **rest)


def proposal(wanted: IndexDefinition, action: str = "create", name: str | None = None, **rest) -> IndexProposal:
    return IndexProposal(
        id=rest.pop("id", f"{action}-{name or wanted.name}"),
        action=action,
        name=name or wanted.name,
        definition=wanted,
        size=IndexSize(1000.0, 30, 1),
        benefit=Benefit(1000.0, 1200.0, 5000.0, 4.5, 99.9),
        write_cost=WriteCost(1.0, 100.0),
        queries=rest.pop("queries", (QueryBenefit("q1", 5000.0, 4.5, 1000.0, "logged"),)),
        basis="logged",
        confidence="high",
        reason="It serves a filter and an order in one.",
        **rest,
    )


def alembic(folder: Path, *arguments: str, url: str = "") -> str:
    """Run an alembic command in a folder with its own env.py, as a team does; return what it printed."""
    printed = io.StringIO()
    line = CommandLine()
    options = ["-c", str(folder / "alembic.ini"), *(["-x", f"url={url}"] if url else []), *arguments]
    parsed = line.parser.parse_args(options)
    config = Config(parsed.config[0], ini_section=parsed.name, cmd_opts=parsed, stdout=printed, output_buffer=printed)
    line.run_cmd(config, parsed)
    return printed.getvalue()


@cache
def _template(name: str) -> dict[str, bytes]:
    """Return the files that `alembic init` makes."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        config = Config(folder / "alembic.ini", stdout=io.StringIO())
        with contextlib.redirect_stdout(io.StringIO()):
            command.init(config, str(folder / "migrations"), template=name)
        text = {
            path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "__pycache__" not in str(path)
        }
        return {
            str(path.relative_to(folder)): content.replace(made.encode(), b"%(here)s") for path, content in text.items()
        }


def environment(folder: Path, template: str = "generic") -> Path:
    """Return the alembic.ini of a fresh environment as `alembic init` makes it."""
    (folder / "migrations" / "versions").mkdir(parents=True)
    for path, content in _template(template).items():
        (folder / path).write_bytes(content)
    return folder / "alembic.ini"


def versions(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "migrations" / "versions").glob("*.py"))}


def index_names(connection, *tables: str) -> Sequence[tuple[str, bool]]:
    """Return name and validity of every index on these tables that no constraint owns."""
    rows = connection.execute(
        "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary ORDER BY 1",
        (list(tables),),
    )
    return [(name, valid) for name, valid in rows]
