"""Types and operators that extensions bring are told apart, also where the extension is not at hand."""

from __future__ import annotations

import pytest

from advisor.analysis.analyse import analyse
from advisor.analysis.shape import QueryShape, TableShape
from advisor.catalog.schema import Column, Schema, Table

COLUMNS = {"id": "int8", "place": "geometry", "spot": "geography", "mail": "citext", "extra": "hstore", "path": "ltree",
           "embedding": "vector", "name": "text"}  # fmt: skip
TABLE = Table("public", "things", "table", tuple(
    Column(name, kind, place, base_type=kind) for place, (name, kind) in enumerate(COLUMNS.items(), start=1)
))  # fmt: skip
SCHEMA = Schema({("public", "things"): TABLE}, 180000, extensions=("postgis", "citext", "hstore", "ltree", "vector"),
                immutable_functions=frozenset({"st_makeenvelope", "st_setsrid", "st_point", "st_x"}))  # fmt: skip


def things(condition: str) -> TableShape:
    """Return the shape of the table under a condition."""
    shape = analyse(f"SELECT id FROM things WHERE {condition}", SCHEMA)
    assert isinstance(shape, QueryShape) and not shape.unresolved
    return shape.tables[0]


@pytest.mark.parametrize(
    ("condition", "kind", "expression"),
    [
        ("place && ST_MakeEnvelope(0, 0, 1, 1, 4326)", "spatial", "place"),
        ("ST_DWithin(spot, $1, 1000)", "spatial", "spot"),
        ("ST_Intersects($1::geometry, place)", "spatial", "place"),
        ("ST_Contains(ST_MakeEnvelope(0, 0, 1, 1), place)", "spatial", "place"),
        ("place ~ ST_Point(1, 2)", "spatial", "place"),
        ("ST_X(place) > 5", "range", "(st_x(place))"),
        ("mail = 'x'", "equality", "mail"),
        ("mail LIKE 'x%'", "prefix", "mail"),
        ("mail::text = 'x'", "equality", "mail"),
        ("extra @> 'a=>1'", "containment", "extra"),
        ("extra ? 'a'", "existence", "extra"),
        ("extra -> 'a' = 'b'", "equality", "(extra -> 'a')"),
        ("path <@ 'top.middle'", "containment", "path"),
        ("name % 'jon'", "similarity", "name"),
    ],
)
def test_conditions_of_extensions(condition: str, kind: str, expression: str) -> None:
    (predicate,) = things(condition).predicates
    assert (predicate.kind, predicate.term.expression) == (kind, expression)


@pytest.mark.parametrize("order", ["embedding <=> $1", "embedding <-> '[1,2,3]'", "place <-> ST_Point(1, 2)"])
def test_nearest_neighbours_are_an_order_by_distance(order: str) -> None:
    shape = analyse(f"SELECT id FROM things ORDER BY {order} LIMIT 5", SCHEMA)
    assert isinstance(shape, QueryShape)
    (key,) = shape.tables[0].sort
    assert key.distance is not None
    assert (key.distance[0], key.distance[1].expression) == tuple(order.split()[1::-1])
