"""TPC-H: its tables, its 22 queries with qgen's default parameters, and data from the `tpchgen-cli` wheel.

Source: the public TPC-H specification, revision 3.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

FOLDER = Path(__file__).parent
TABLES = ("region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem")


def queries() -> dict[int, str]:
    """Return the text of the 22 queries by number."""
    return {int(path.stem): path.read_text() for path in sorted((FOLDER / "queries").glob("*.sql"))}


def schema(*, primary_keys: bool = True) -> str:
    """Return the DDL, with or without the primary keys."""
    tables = (FOLDER / "tables.sql").read_text()
    return tables + (FOLDER / "primary_keys.sql").read_text() if primary_keys else tables


def load(connection: psycopg.Connection, scale: float, *, primary_keys: bool = True) -> None:
    """Make the tables in an empty database, fill them at this scale factor, then VACUUM ANALYZE."""
    connection.execute("SET synchronous_commit = on")  # else VACUUM dare not call pages of fresh rows all-visible
    connection.execute((FOLDER / "tables.sql").read_bytes())
    with tempfile.TemporaryDirectory(prefix="tpch-") as folder:
        generator = str(Path(sys.executable).parent / "tpchgen-cli")
        command = [generator, "csv", "-s", f"{scale:g}", "--output-dir", folder]
        subprocess.run(command, check=True, capture_output=True)
        for table in TABLES:
            _fill(connection, table, Path(folder) / f"{table}.csv")
    if primary_keys:
        connection.execute((FOLDER / "primary_keys.sql").read_bytes())
    connection.execute("VACUUM ANALYZE")


def _fill(connection: psycopg.Connection, table: str, path: Path) -> None:
    statement = sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER)").format(sql.Identifier(table))
    with path.open("rb") as source, connection.cursor().copy(statement) as copy:
        while block := source.read(1 << 18):
            copy.write(block)
    path.unlink()
