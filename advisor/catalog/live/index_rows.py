"""From rows of the index query to `Index` values with a parsed definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.catalog.index import Index, IndexDefinition, IndexKey, IndexSize, quote_identifier
from advisor.catalog.statistics import Statistics

_DESCENDING, _NULLS_FIRST = 1, 2
"""`INDOPTION_DESC` and `INDOPTION_NULLS_FIRST` of pg_index.h."""


def index_from_row(row: Sequence[Any], measured: Statistics) -> Index:
    """Return the index that a row of `table_queries.INDEXES` describes, with its measured size and activity."""
    (_, schema, name, table, method, unique, primary, valid, ready, replica_identity, partitioned,
     nulls_not_distinct, constraint, where, storage, names, ddl, attributes, attached, clustered, targets,
     keys) = row  # fmt: skip
    definition = IndexDefinition(
        schema=schema,
        table=table,
        keys=tuple(_key(key, ordered=method == "btree") for key in keys),
        include=tuple(names),
        where=where,
        method=method,
        unique=unique,
        storage=tuple((option, value) for option, value in storage),
    )
    use = measured.index_activity.get((schema, name))
    return Index(
        name=name,
        definition=definition,
        size=_size(schema, name, measured),
        primary=primary,
        constraint=constraint,
        valid=valid,
        ready=ready,
        partitioned=partitioned,
        scans=use.scans if use else None,
        last_scan=use.last_scan if use else None,
        nulls_not_distinct=nulls_not_distinct,
        replica_identity=replica_identity,
        attached=attached,
        clustered=clustered,
        statistics_targets=tuple((number, target) for number, target in targets or ()),
        tablespace=use.tablespace if use else None,
        comment=use.comment if use else None,
        attributes=tuple(attributes),
        ddl=ddl,
    )


def _size(schema: str, name: str, measured: Statistics) -> IndexSize:
    relation = measured.relations.get((schema, name))
    return IndexSize(relation.rows, relation.pages, relation.height or 0) if relation else IndexSize(-1.0, 0, 0)


def _key(key: Mapping[str, Any], *, ordered: bool) -> IndexKey:
    column = key["column"]
    descending = ordered and bool(key["option"] & _DESCENDING)
    nulls_first = bool(key["option"] & _NULLS_FIRST)
    return IndexKey(
        expression=quote_identifier(column) if column is not None else key["expression"],
        column=column,
        opclass=_opclass(key["opclass"], key["opclass_options"]),
        collation=key["collation"],
        descending=descending,
        nulls_first=nulls_first if ordered and nulls_first != descending else None,
    )


def _opclass(name: str | None, options: Sequence[str] | None) -> str | None:
    if name is None or not options:
        return name
    settings = (option.split("=", 1) for option in options)
    return f"{name} ({', '.join(f'{key} = {value!r}' for key, value in settings)})"
