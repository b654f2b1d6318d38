"""GiST: ranges, geometry and network addresses; overlap, containment and nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexKey
from advisor.indexes.candidate import Need, Suggestion

ORDER = 65
RANGES = frozenset({
    "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
    "int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange",
})  # fmt: skip
SPATIAL = frozenset({"point", "box", "circle", "polygon", "geometry", "geography"})
NETWORK = frozenset({"inet", "cidr"})
KINDS = frozenset({"containment", "overlap", "spatial", "similarity", "equality", "other"})
OPERATORS = frozenset({"&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-", "<<=", ">>=", "<->", "~=", "<#>", "|>>", "<<|"})


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield a GiST index for every operator on a range, a geometry or an address; SP-GiST for points too."""
    for predicate in need.occurrence.predicates:
        column = need.column(predicate.term.column) if predicate.term.column else None
        base = (column.base_type if column else "") or predicate.type or ""
        usable = predicate.kind in KINDS and predicate.operator in OPERATORS and need.indexable(predicate.term)
        if not usable or not (base in RANGES or base in SPATIAL or base in NETWORK):
            continue
        opclass = "inet_ops" if base in NETWORK else None
        key = IndexKey(predicate.term.expression, predicate.term.column, opclass)
        yield Suggestion(need.index((key,), method="gist"), "generalised")
    for sort in need.occurrence.sort:
        if sort.distance and (column := need.column(sort.distance[1].column or "")) and column.base_type in SPATIAL:
            yield Suggestion(need.index((IndexKey.of(column.name),), method="gist"), "generalised")
