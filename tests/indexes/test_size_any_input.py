"""The size model answers sensibly whatever the statistics hold: redacted values, odd types, missing columns."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.index import IndexDefinition, IndexKey
from advisor.catalog.schema import Column, Table
from advisor.catalog.statistics import ColumnStatistics, RelationStatistics, Statistics
from advisor.indexes.sizes.size import estimate_size

TYPES = {"int4": ("N", 4), "numeric": ("N", -1), "text": ("S", -1), "jsonb": ("U", -1), "_text": ("A", -1), "tsvector": ("U", -1),
         "int4range": ("R", -1), "name": ("S", 64), "bool": ("B", 1)}  # fmt: skip
values = st.one_of(st.none(), st.lists(st.text(max_size=12), max_size=6).map(tuple))


@st.composite
def statistics(draw) -> tuple[Table, Statistics]:
    kind = draw(st.sampled_from(sorted(TYPES)))
    category, length = TYPES[kind]
    table = Table(
        "public", "t", "table", (Column("c", kind, 1, kind, category, length), Column("d", "int4", 2, "int4", "N", 4))
    )
    common = draw(values)
    shares = None if common is None else tuple(1 / (len(common) + 1) for _ in common)
    column = ColumnStatistics(
        draw(st.floats(0, 1)), draw(st.integers(0, 5000)), draw(st.floats(-1, 1e6)), common, shares, draw(values),
        draw(st.one_of(st.none(), st.floats(-1, 1))), draw(values), shares,
    )  # fmt: skip
    rows = draw(st.floats(0, 1e8))
    known = {("public", "t", "c"): column} if draw(st.booleans()) else {}
    pages = draw(st.integers(0, 1_000_000))
    return table, Statistics(relations={("public", "t"): RelationStatistics(rows, pages)}, columns=known)


def test_keys_wider_than_half_a_page_do_not_keep_the_model_busy_for_ever() -> None:
    table = Table("public", "t", "table", (Column("c", "text", 1, "text", "S", -1),))
    column = ColumnStatistics(0.0, 5000, -1.0)
    known = Statistics(
        relations={("public", "t"): RelationStatistics(1e6, 1_000_000)}, columns={("public", "t", "c"): column}
    )
    for method in ("gist", "spgist", "btree", "gin"):
        assert (
            estimate_size(IndexDefinition("public", "t", (IndexKey.of("c"),), method=method), table, known, 18).pages
            > 1000
        )


@given(statistics(), st.sampled_from(["btree", "hash", "gin", "gist", "brin", "spgist"]), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=300)
def test_every_input_has_an_answer(found: tuple[Table, Statistics], method: str, partial: bool, payload: bool) -> None:
    table, known = found
    definition = IndexDefinition("public", "t", (IndexKey.of("c"),), method=method, where="d = 1" if partial else None)
    if payload and method == "btree":
        definition = replace(definition, include=("d",))
    size = estimate_size(definition, table, known, 18)
    assert size.pages >= 1
    assert size.height >= 0
    assert 0 <= size.tuples <= max(known.rows("public", "t"), 1_000_000)
