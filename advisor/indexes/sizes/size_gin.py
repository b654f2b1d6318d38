"""The size of a GIN index: an entry per distinct element, its rows inline or in a posting tree of its own.

Facts from `ginpostinglist.c` and `gindatapage.c`: row pointers are stored as differences, seven bits a byte, eleven
bits for the place on the page; what does not fit into a third of a page moves to pages of its own.
"""

from __future__ import annotations

import math

from advisor.catalog.index import IndexDefinition, IndexSize, mentions
from advisor.catalog.schema import Column, Table
from advisor.catalog.statistics import ColumnStatistics, Statistics
from advisor.indexes.sizes.elements import Spectrum, json_items, json_paths, listed, sampled, trigrams

INLINE = 2_700
"""Bytes of row pointers an entry may hold itself."""
TREE_PAGE = 8192 * 0.97
ENTRY_FILL = 0.5
"""Entry pages are split in halves, and elements arrive in order."""


def gin_size(
    definition: IndexDefinition, table: Table, statistics: Statistics, rows: float, table_pages: int
) -> IndexSize:
    """Return the size of a GIN index on the definition's first key."""
    if rows < 1:
        return IndexSize(rows, 2, 0)
    spectrum = _spectrum(definition, table, statistics, rows)
    per_page = rows / max(table_pages, 1)
    entries, trees = 0.0, 0
    for share in spectrum.common:
        size, pages = _entry(rows * share, rows, per_page, spectrum)
        entries += size
        trees += pages
    kinds = min(spectrum.kinds, max(rows * spectrum.rare, 1.0))
    size, pages = _entry(rows * spectrum.rare / kinds, rows, per_page, spectrum)
    leaves = math.ceil((entries + kinds * size) / (8152 * ENTRY_FILL))
    return IndexSize(rows, 2 + leaves + trees + round(kinds * pages), 0)


def _entry(postings: float, rows: float, per_page: float, spectrum: Spectrum) -> tuple[float, int]:
    """Return the bytes of one entry tuple, line pointer included, and the pages of its posting tree.

    In a column whose order follows the table's, rows with the same element stand together: their pointers are close.
    """
    count = max(postings, 1.0)
    scattered, dense = _pointer(rows / count, per_page), _pointer(1.0, per_page)
    payload = count * (dense * spectrum.clustered + scattered * (1 - spectrum.clustered))
    header = math.ceil((8 + 1 + spectrum.width) / 2) * 2
    if payload <= INLINE:
        return math.ceil((header + 4 + 2 + payload) / 8) * 8 + 4, 0
    return math.ceil((header + 6) / 8) * 8 + 4, math.ceil(payload / TREE_PAGE)


def _pointer(gap: float, per_page: float) -> float:
    """Return the mean bytes of one row pointer when every `gap`-th row is listed, by chance."""
    if gap < per_page:
        crossing = gap / per_page
        return 1.0 + crossing
    pages = gap / per_page
    size = 2.0
    for more in (8.0, 1024.0, 131_072.0):
        size += math.exp(-more / pages)
    return size


def _spectrum(definition: IndexDefinition, table: Table, statistics: Statistics, rows: float) -> Spectrum:
    key = definition.keys[0]
    column = table.column(key.column) if key.column else _mentioned(table, key.expression)
    found = statistics.column(table.schema, table.name, column.name) if column else None
    if column is None or found is None:
        return Spectrum((), 8.0, max(rows / 10, 1.0), 8.0)
    if key.opclass == "gin_trgm_ops":
        return sampled(found, trigrams, 4.0) if _has_values(found) else _trigrams_by_width(found, rows)
    if column.base_type == "jsonb" and _has_values(found):
        path = key.opclass == "jsonb_path_ops"
        return sampled(found, json_paths if path else json_items, 4.0 if path else None)
    if found.most_common_elems:
        return listed(found, _per_row(column, found), rows)
    return Spectrum((), max(found.avg_width / 10, 1.0), max(rows / 10, 1.0), 8.0)


def _per_row(column: Column, found: ColumnStatistics) -> float:
    """Return elements per row: counted for arrays, judged by the width for tsvector (about 11 bytes a lexeme)."""
    if found.elem_count_histogram:
        return found.elem_count_histogram[-1]
    return max((found.avg_width - 8) / 11, 1.0)


def _trigrams_by_width(found: ColumnStatistics, rows: float) -> Spectrum:
    return Spectrum((), float(found.avg_width), min(max(rows, 1.0), 20_000.0), 4.0)


def _has_values(found: ColumnStatistics) -> bool:
    return bool(found.most_common_vals or found.histogram_bounds)


def _mentioned(table: Table, expression: str) -> Column | None:
    return next((column for column in table.columns if mentions(expression, column.name)), None)
