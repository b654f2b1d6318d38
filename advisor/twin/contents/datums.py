"""Values as the server stores them: written into scratch tables by the server itself, whose files are then read.

Source of the layout: `bufpage.h` and `htup_details.h` of PostgreSQL 13 to 18.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from advisor.twin.servers.relation_files import PAGE
from advisor.twin.servers.rights import Sessions

_SCRATCH = "pgadvisor_values"
_HEADER = 24
_LOWER = 12
"""Where a page notes the end of its line pointers."""
_DATA_OFFSET = 22
"""Where a row notes the beginning of its data."""


def stored(sessions: Sessions, wanted: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], bytes]:
    """Return the bytes under which the server stores each value, by type (as SQL) and value.

    There are none for a type that refuses one of its values. No value may be so long that it would be compressed. The
    owner writes them, as reading a value may run functions of its type; the superuser reads the file.
    """
    values = {name: sorted(set(found)) for name, found in sorted(wanted.items())}
    tables = {name: sql.Identifier(_SCRATCH, str(number)) for number, name in enumerate(values)}
    if not values:
        return {}
    drop = sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(_SCRATCH))
    sessions.owner.execute(drop)
    sessions.owner.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_SCRATCH)))
    try:
        filled = [name for name in values if _store(sessions.owner, tables[name], name, values[name])]
        sessions.superuser.execute("CHECKPOINT")
        return {
            (name, value): image
            for name in filled
            for value, image in zip(values[name], _images(sessions.superuser, tables[name]), strict=True)
        }
    finally:
        sessions.owner.execute(drop)


def _store(connection: psycopg.Connection[Any], table: sql.Identifier, name: str, values: list[str]) -> bool:
    kind = sql.SQL(name)  # as format_type printed it
    try:
        connection.execute(sql.SQL("CREATE TABLE {} (value {})").format(table, kind))
        connection.execute(sql.SQL("INSERT INTO {} SELECT unnest(%s::text[])::{}").format(table, kind), [values])
    except psycopg.Error:
        return False
    return True


def _images(connection: psycopg.Connection[Any], table: sql.Identifier) -> Iterator[bytes]:
    """Yield the bytes of each row of a scratch table, in the order in which they were written."""
    name = table.as_string(connection)
    query = "SELECT pg_read_binary_file(pg_relation_filepath(%s::text::regclass))"
    row = connection.execute(query, [name], binary=True).fetchone()
    file = bytes(row[0]) if row else b""
    for start in range(0, len(file), PAGE):
        page = file[start : start + PAGE]
        (lower,) = struct.unpack_from("<H", page, _LOWER)
        for (pointer,) in struct.iter_unpack("<I", page[_HEADER:lower]):
            data = page[pointer & 0x7FFF :][: pointer >> 17]
            yield data[data[_DATA_OFFSET] :]
