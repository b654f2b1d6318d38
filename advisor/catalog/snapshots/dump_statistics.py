"""Statistics as `pg_dump --statistics-only` (18 and later, also against older servers) writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import Format

from advisor.catalog.live.export_queries import Record
from advisor.errors import SnapshotError

_CALL = re.compile(r"pg_restore_(relation|attribute)_stats\((.*?)\n?\);", re.DOTALL)
_ARGUMENT = re.compile(r"'(\w+)'\s*,\s*(?:(E?)'((?:[^']|'')*)'|([^,\s]+))", re.DOTALL)
_TEXT_ARRAY = 1009
"""OID of `text[]`."""
_FLOATS = ("most_common_freqs", "most_common_elem_freqs", "elem_count_histogram")
_TEXTS = (
    "most_common_vals", "histogram_bounds", "most_common_elems", "range_length_histogram", "range_bounds_histogram",
)  # fmt: skip
_NUMBERS = ("null_frac", "n_distinct", "correlation", "range_empty_frac")


def is_statistics_dump(text: str) -> bool:
    """Return whether the text calls the functions that restore statistics."""
    return "pg_restore_relation_stats" in text or "pg_restore_attribute_stats" in text


def unnamed(number: int) -> str:
    """Return the name under which an index expression's statistics stand until the schema tells its name."""
    return f"#{number}"


def records_from_dump(text: str) -> Iterator[Record]:
    """Yield the records that the calls in a dump amount to, in the form of `sql/export`."""
    for kind, arguments in _CALL.findall(text):
        values = dict(_arguments(arguments))
        try:
            yield _relation(values) if kind == "relation" else _column(values)
        except (KeyError, ValueError, psycopg.Error) as error:
            raise SnapshotError(
                f"a call of pg_restore_{kind}_stats is not as pg_dump writes it: {error}",
                do="write it with pg_dump --statistics-only of version 18",
            ) from error


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    for name, escaped, quoted, bare in _ARGUMENT.findall(text):
        value = quoted.replace("''", "'")
        yield name, (value.replace("\\\\", "\\") if escaped else value) or bare


def _relation(values: dict[str, str]) -> Record:
    pages = int(values["relpages"])
    return {
        "kind": "relation",
        "schema": values["schemaname"],
        "name": values["relname"],
        "rows": float(values["reltuples"]),
        "pages": max(pages, 0),
        "recorded_pages": pages,
        "all_visible": int(values.get("relallvisible", 0)),
    }


def _column(values: dict[str, str]) -> Record:
    record: Record = {
        "kind": "column",
        "schema": values["schemaname"],
        "table": values["relname"],
        "column": values["attname"] if "attname" in values else unnamed(int(values["attnum"])),
        "inherited": values["inherited"] in ("t", "true"),
        "avg_width": int(values["avg_width"]),
    }
    record |= {name: float(values[name]) for name in _NUMBERS if name in values}
    record |= {name: _array(values[name]) for name in _TEXTS if name in values}
    return record | {name: [float(item) for item in _array(values[name])] for name in _FLOATS if name in values}


def _array(text: str) -> list[Any]:
    loaded: list[Any] = Transformer().get_loader(_TEXT_ARRAY, Format.TEXT).load(text.encode())
    return loaded
