"""Writes the shapes of all case files anew: `python -m tests.analysis.rewrite`; the diff is to be read."""

from __future__ import annotations

from pathlib import Path

from advisor.analysis.analyse import analyse
from advisor.catalog.live.introspect import read_schema
from advisor.twin.servers.server import Server, embedded_binaries
from tests.analysis.readable import readable
from tests.analysis.test_cases import CASES, blocks


def main() -> None:
    """Rewrite every case file in place."""
    with Server(embedded_binaries()) as server, server.connect() as connection:
        connection.execute((Path(__file__).parent / "schema.sql").read_bytes())
        schema = read_schema(connection)
    for path in sorted(CASES.glob("*.sql")):
        written = []
        for block, case in zip(
            [part for part in path.read_text().split("\n\n") if part.strip()], blocks(path), strict=True
        ):
            head = block.strip().partition("\n-->")[0]
            written.append(f"{head}\n-->\n{readable(analyse(case.sql, schema, case.search_path))}\n")
        path.write_text("\n".join(written))


if __name__ == "__main__":
    main()
