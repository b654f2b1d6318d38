"""The queries of `sql/export/`: the same text that psql runs, so that both roads read the same things."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import sql

import advisor
from advisor.errors import SnapshotError

Record = dict[str, Any]
"""One JSON object that an export query returns."""


@cache
def export_folder() -> Path:
    """Return the folder of the export queries: inside the installed package, or beside it in a source tree."""
    package = Path(advisor.__file__).parent
    for folder in (package / "data" / "sql" / "export", package.parent / "sql" / "export"):
        if folder.is_dir():
            return folder
    raise SnapshotError("the export queries are missing from this installation", do="install pgadvisor again")


@cache
def export_query(name: str) -> str:
    """Return the text of one export query, without what ends it in psql."""
    text = (export_folder() / f"{name}.sql").read_text(encoding="utf-8").rstrip()
    return text.removesuffix(";").removesuffix("\\gexec")


def fetch_records(connection: psycopg.Connection[Any], name: str, **identifiers: str) -> list[Record]:
    """Run one export query and return its records; `identifiers` fill psql's `:"name"` places."""
    text = export_query(name)
    for variable, value in identifiers.items():
        text = text.replace(f':"{variable}"', sql.Identifier(value).as_string(connection))
    with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        return [orjson.loads(row[0]) for row in cursor.execute(text.encode())]
