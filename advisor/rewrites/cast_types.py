"""Types of parameters as SQL, without a modifier: a cast to `varchar(3)` would cut what the column refuses."""

from __future__ import annotations

from advisor.catalog.schema import Column

_NAMES = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
    "bool": "boolean", "timestamptz": "timestamptz", "timestamp": "timestamp", "bpchar": "bpchar", "bit": "varbit",
    "varchar": "varchar", "timetz": "timetz",
}  # fmt: skip
_SERVER = {
    "character": "bpchar", "bit": "varbit", "character varying": "varchar", "bit varying": "varbit",
    "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
    "time with time zone": "timetz", "time without time zone": "time",
}  # fmt: skip


def bare_type(column: Column) -> str:
    """Return a column's type below domains as SQL; of a user's own type as the catalog writes it."""
    base = column.base_type
    if base.startswith("_"):
        return f"{_NAMES.get(base[1:], base[1:])}[]"
    if base in _NAMES:
        return _NAMES[base]
    return column.type if column.type_category in ("U", "E", "C", "R") else base


def parameter_type(server: str) -> str:
    """Return a type as the server names it (`regtype`) in a form that has no modifier."""
    if server.endswith("[]"):
        return f"{parameter_type(server[:-2])}[]"
    return _SERVER.get(server, server)
