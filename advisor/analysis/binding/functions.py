"""Functions: which are aggregates, what they return, whether an index may hold them."""

from __future__ import annotations

from advisor.analysis.binding import resolution
from advisor.catalog.schema import Schema

EXTENSION_AGGREGATES = frozenset(
    {"st_collect", "st_extent", "st_memunion", "st_makeline", "hll_add_agg", "hll_union_agg"}
)
EXTENSION_TYPES = {
    "similarity": "float4", "word_similarity": "float4", "unaccent": "text", "st_dwithin": "bool",
    "st_intersects": "bool", "st_contains": "bool", "st_within": "bool", "st_covers": "bool", "st_distance": "float8",
    "st_makepoint": "geometry", "st_setsrid": "geometry", "st_makeenvelope": "geometry", "st_transform": "geometry",
    "uuid_generate_v4": "uuid",
}  # fmt: skip
"""What functions of widespread extensions give."""


def is_aggregate_name(name: str) -> bool:
    """Whether a name is that of an aggregate."""
    return resolution.aggregate(name) or name in EXTENSION_AGGREGATES


def is_known(schema: Schema, name: str) -> bool:
    """Whether it is PostgreSQL's own, or a user's that depends on nothing but its arguments."""
    return (
        bool(resolution.builtins().functions.get(name)) or is_aggregate_name(name) or name in schema.immutable_functions
    )


def call_type(name: tuple[str, ...], arguments: tuple[str | None, ...]) -> str | None:
    """Return the type a call gives, `None` where it cannot be told."""
    if name[:-1] not in ((), ("pg_catalog",)):
        return None
    found = resolution.function(name[-1], arguments)
    return resolution.result(found, arguments) if found else EXTENSION_TYPES.get(name[-1])


def call_immutable(schema: Schema, name: tuple[str, ...], arguments: tuple[str | None, ...]) -> bool:
    """Whether a call gives the same result for the same arguments for ever."""
    overloads = resolution.builtins().functions.get(name[-1], ())
    if not overloads or name[:-1] not in ((), ("pg_catalog",)):
        return name[-1] in schema.immutable_functions
    found = resolution.function(name[-1], arguments)
    return found.volatility == "i" if found else all(one.volatility == "i" for one in overloads)
