"""GiST: ranges, geometry, network addresses and label trees; overlap, containment and nearest neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.index import IndexKey
from advisor.indexes.candidates.candidate import Need, Suggestion

ORDER = 65
RANGES = frozenset({
    "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
    "int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange",
})  # fmt: skip
SPATIAL = frozenset({"point", "box", "circle", "polygon", "geometry", "geography"})
NETWORK = frozenset({"inet", "cidr"})
TREE = frozenset({"<@", "@>", "~", "?", "@"})
"""What `gist_ltree_ops` serves besides comparisons."""
TEXT = frozenset({"text", "varchar", "bpchar"})
KINDS = frozenset({"containment", "overlap", "spatial", "similarity", "equality", "other"})
OPERATORS = frozenset({"&&", "@>", "<@", "<<", ">>", "&<", "&>", "-|-", "<<=", ">>=", "<->", "~=", "<#>", "|>>", "<<|"})


def suggest(need: Need, found: tuple[Suggestion, ...]) -> Iterator[Suggestion]:
    """Yield a GiST index for every operator on a range, a geometry, an address or a label tree, and for nearness."""
    for predicate in need.occurrence.predicates:
        column = need.column(predicate.term.column) if predicate.term.column else None
        base = (column.base_type if column else "") or predicate.type or ""
        if base == "ltree" and predicate.operator in TREE and need.indexable(predicate.term):
            key = IndexKey(predicate.term.expression, predicate.term.column)
            yield Suggestion(need.index((key,), method="gist"), "generalised")
        usable = predicate.kind in KINDS and predicate.operator in OPERATORS and need.indexable(predicate.term)
        if not usable or not (base in RANGES or base in SPATIAL or base in NETWORK):
            continue
        opclass = "inet_ops" if base in NETWORK else None
        key = IndexKey(predicate.term.expression, predicate.term.column, opclass)
        yield Suggestion(need.index((key,), method="gist"), "generalised")
    for sort in need.occurrence.sort:
        column = need.column(sort.distance[1].column or "") if sort.distance else None
        if column is None:
            continue
        if column.base_type in SPATIAL:
            yield Suggestion(need.index((IndexKey.of(column.name),), method="gist"), "generalised")
        if column.base_type in TEXT and "pg_trgm" in need.context.schema.extensions:
            key = IndexKey.of(column.name, opclass="gist_trgm_ops")
            yield Suggestion(need.index((key,), method="gist"), "generalised")
