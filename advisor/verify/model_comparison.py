"""Asks Alembic's own comparison whether the model line matches the built index: what `alembic check` would say."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from advisor.catalog.index import IndexDefinition
from advisor.verify.running.upgrade import postgresql_engine

if TYPE_CHECKING:
    from sqlalchemy import MetaData


def reflect_without(url: str, definition: IndexDefinition) -> MetaData:
    """Return the table's model as it stands now, without the index: call it before the upgrade."""
    import sqlalchemy as sa

    reflected, metadata = sa.MetaData(), sa.MetaData()
    engine = postgresql_engine(url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        schema = _schema(connection, definition)
        table = sa.Table(definition.table, reflected, schema=schema, autoload_with=connection, resolve_fks=False)
    # The columns are enough for an index; foreign keys would ask for the tables they point to.
    columns = [sa.Column(column.name, column.type, nullable=column.nullable) for column in table.columns]
    sa.Table(definition.table, metadata, *columns, schema=schema)
    return metadata


def differences(url: str, metadata: MetaData, snippet: str, definition: IndexDefinition, name: str) -> list[str]:
    """Return what autogenerate would do to the index once the model holds `snippet`; nothing, when it matches."""
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    engine = postgresql_engine(url)
    with engine.connect() as connection, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = _schema(connection, definition)
        table = next(iter(metadata.tables.values()))
        sa.Table(table.name, metadata, eval(snippet, {"sa": sa}), schema=schema, extend_existing=True)
        options = {"include_schemas": schema is not None, "include_name": _only(definition.table, schema)}
        context = MigrationContext.configure(connection, opts=options)
        return [str(found[0]) for found in compare_metadata(context, metadata) if _concerns(found, name)]


def _only(table: str, schema: str | None) -> Any:
    def include(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == schema
        return kind != "table" or name == table

    return include


def _concerns(difference: Any, name: str) -> bool:
    return isinstance(difference, tuple) and getattr(difference[1], "name", None) == name


def _schema(connection: Any, definition: IndexDefinition) -> str | None:
    default = connection.dialect.default_schema_name
    return None if definition.schema == default else definition.schema
