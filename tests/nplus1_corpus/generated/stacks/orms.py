"""ORMs: SQLAlchemy, Django, Peewee, with classes made from the random tables."""

from __future__ import annotations

import copy
import random
import threading
from collections.abc import Sequence
from typing import Any

import peewee
import sqlalchemy as sa
from django.db import connections, models, transaction
from django.db.models.functions import Lower
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session, registry

from tests.nplus1_corpus import django_cases
from tests.nplus1_corpus.generated.domain import Table
from tests.nplus1_corpus.generated.stacks.stack import Row

assert django_cases.settings.configured

LOCK = threading.Lock()
SA_TYPES = {"bigint": sa.BigInteger, "int": sa.Integer, "text": sa.Text, "uuid": sa.Uuid}
MAPPED: dict[str, Any] = {}
REGISTRY = registry()


def mapped(table: Table) -> Any:
    """Return a SQLAlchemy class for a table."""
    with LOCK:
        if table.name not in MAPPED:
            columns = [sa.Column(name, SA_TYPES[kind], primary_key=name in table.key) for name, kind in table.columns]
            made = type(table.name, (), {})
            REGISTRY.map_imperatively(made, sa.Table(table.name, REGISTRY.metadata, *columns))
            MAPPED[table.name] = made
        return MAPPED[table.name]


class SqlAlchemy:
    """SQLAlchemy's ORM over psycopg."""

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        driver = chance.choice(("psycopg", "psycopg2"))
        url = f"postgresql+{driver}://postgres@/{database}?host={host}&port=5432&application_name={application}"
        options = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
        self.engine = sa.create_engine(url, poolclass=sa.StaticPool, **options)  # type: ignore[call-overload]
        self.session = Session(self.engine, expire_on_commit=False)
        self.flipped = chance.random() < 0.5
        """Whether the value stands before the column, as lazy loads write it."""
        self.core = chance.random() < 0.5

    def begin(self) -> None:
        """Leave it to the session."""

    def commit(self) -> None:
        """Commit."""
        self.session.commit()

    def close(self) -> None:
        """Close the connection."""
        self.session.close()
        self.engine.dispose()

    def _equal(self, made: Any, where: Row) -> list[Any]:
        if self.flipped:
            return [sa.bindparam(None, value, unique=True) == getattr(made, name) for name, value in where.items()]
        return [getattr(made, name) == value for name, value in where.items()]

    def _rows(self, table: Table, query: Any) -> list[Row]:
        found = self.session.scalars(query).all()
        rows = [{name: getattr(one, name) for name in table.names} for one in found]
        self.session.expunge_all()
        return rows

    def select(
        self,
        table: Table,
        where: Row,
        *,
        order: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        descending: bool = False,
        above: tuple[str, Any] | None = None,
        at_most: tuple[str, Any] | None = None,
    ) -> list[Row]:
        """Return rows."""  # fmt: skip
        made = mapped(table)
        query = sa.select(made).where(*self._equal(made, where))
        if above:
            query = query.where(getattr(made, above[0]) > above[1])
        if at_most:
            query = query.where(getattr(made, at_most[0]) <= at_most[1])
        if order:
            column = getattr(made, order)
            query = query.order_by(column.desc() if descending else column)
        return self._rows(table, query.limit(limit).offset(offset))

    def within(self, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
        """Return rows of a list of values."""
        made = mapped(table)
        return self._rows(table, sa.select(made).where(getattr(made, column).in_(list(values))))

    def folded(self, table: Table, column: str, value: str) -> list[Row]:
        """Return rows by a value in lower case."""
        made = mapped(table)
        return self._rows(table, sa.select(made).where(sa.func.lower(getattr(made, column)) == value.lower()))

    def count(self, table: Table, where: Row) -> int:
        """Return a number of rows."""
        made = mapped(table)
        return int(self.session.scalar(sa.select(sa.func.count()).select_from(made).where(*self._equal(made, where))))

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows: one by the unit of work, several by one statement."""
        made = mapped(table)
        if len(rows) == 1 and not self.core:
            one = made()
            for name, value in rows[0].items():
                setattr(one, name, value)
            self.session.add(one)
            self.session.flush()
            self.session.expunge_all()
            return
        self.session.execute(sa.insert(made.__table__).values([dict(row) for row in rows]))

    def update(self, table: Table, values: Row, where: Row) -> None:
        """Update rows."""
        self.session.execute(sa.update(mapped(table).__table__).values(**values).where(*self._columns(table, where)))

    def _columns(self, table: Table, where: Row) -> list[Any]:
        return [mapped(table).__table__.c[name] == value for name, value in where.items()]

    def delete(self, table: Table, where: Row) -> None:
        """Delete rows."""
        self.session.execute(sa.delete(mapped(table).__table__).where(*self._columns(table, where)))

    def upsert(self, table: Table, row: Row) -> None:
        """Insert or update a row."""
        statement = pg_insert(mapped(table).__table__).values(**row)
        other = next(name for name in row if name not in table.key)
        changed = {other: statement.excluded[other]}
        self.session.execute(statement.on_conflict_do_update(index_elements=list(table.key), set_=changed))


DJANGO_TYPES: dict[str, Any] = {
    "bigint": models.BigIntegerField, "int": models.IntegerField, "text": models.TextField, "uuid": models.UUIDField
}  # fmt: skip
DJANGO: dict[str, Any] = {}


def django_model(table: Table) -> Any:
    """Return a Django model for a table; of a composite key the last column is taken for the key."""
    with LOCK:
        if table.name not in DJANGO:
            fields: dict[str, Any] = {
                name: DJANGO_TYPES[kind](primary_key=name == table.key[-1], null=name not in table.key)
                for name, kind in table.columns
            }
            meta = type("Meta", (), {"db_table": table.name, "managed": False, "app_label": "generated"})
            fields.update({"Meta": meta, "__module__": __name__})
            DJANGO[table.name] = type(table.name.title().replace("_", ""), (models.Model,), fields)
        return DJANGO[table.name]


class Django:
    """Django's ORM over psycopg 3."""

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        entry = copy.deepcopy(connections.databases["default"])
        entry.update(HOST=host, PORT="5432", NAME=database)
        entry["OPTIONS"] = {"application_name": application, "server_side_binding": chance.random() < 0.3}
        self.alias = f"{application}-{id(self)}"
        connections.databases[self.alias] = entry
        self.autocommit = autocommit
        self.block: Any = None

    def begin(self) -> None:
        """Begin a transaction."""
        if not self.autocommit:
            self.block = transaction.atomic(using=self.alias)
            self.block.__enter__()

    def commit(self) -> None:
        """Commit it."""
        if self.block is not None:
            self.block.__exit__(None, None, None)
            self.block = None

    def close(self) -> None:
        """Close the connection."""
        connections[self.alias].close()

    def _rows(self, table: Table, query: Any) -> list[Row]:
        return [{name: getattr(one, name) for name in table.names} for one in query]

    def _objects(self, table: Table) -> Any:
        return django_model(table).objects.using(self.alias)

    def select(
        self,
        table: Table,
        where: Row,
        *,
        order: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        descending: bool = False,
        above: tuple[str, Any] | None = None,
        at_most: tuple[str, Any] | None = None,
    ) -> list[Row]:
        """Return rows."""  # fmt: skip
        query = self._objects(table).filter(**where)
        if above:
            query = query.filter(**{f"{above[0]}__gt": above[1]})
        if at_most:
            query = query.filter(**{f"{at_most[0]}__lte": at_most[1]})
        if order:
            query = query.order_by(f"-{order}" if descending else order)
        if limit is not None:
            query = query[offset or 0 : (offset or 0) + limit]
        return self._rows(table, query)

    def within(self, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
        """Return rows of a list of values."""
        return self._rows(table, self._objects(table).filter(**{f"{column}__in": list(values)}))

    def folded(self, table: Table, column: str, value: str) -> list[Row]:
        """Return rows by a value in lower case."""
        query = self._objects(table).annotate(folded=Lower(column)).filter(folded=value.lower())
        return self._rows(table, query)

    def count(self, table: Table, where: Row) -> int:
        """Return a number of rows."""
        return int(self._objects(table).filter(**where).count())

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows."""
        made = django_model(table)
        if len(rows) == 1:
            made(**rows[0]).save(using=self.alias, force_insert=True)
        else:
            made.objects.using(self.alias).bulk_create([made(**row) for row in rows])

    def update(self, table: Table, values: Row, where: Row) -> None:
        """Update rows."""
        self._objects(table).filter(**where).update(**values)

    def delete(self, table: Table, where: Row) -> None:
        """Delete rows."""
        query = self._objects(table).filter(**where)
        query._raw_delete(self.alias)

    def upsert(self, table: Table, row: Row) -> None:
        """Insert or update a row."""
        other = next(name for name in row if name not in table.key)
        django_model(table).objects.using(self.alias).bulk_create(
            [django_model(table)(**row)], update_conflicts=True, update_fields=[other], unique_fields=list(table.key)
        )


PEEWEE_TYPES: dict[str, Any] = {
    "bigint": peewee.BigIntegerField, "int": peewee.IntegerField, "text": peewee.TextField, "uuid": peewee.UUIDField
}  # fmt: skip


class Peewee:
    """Peewee over psycopg2."""

    def __init__(self, host: str, database: str, application: str, chance: random.Random, autocommit: bool) -> None:
        self.database = peewee.PostgresqlDatabase(
            database, user="postgres", host=host, port=5432, application_name=application
        )
        self.database.connect()
        self.autocommit = autocommit
        self.models: dict[str, Any] = {}

    def _model(self, table: Table) -> Any:
        if table.name not in self.models:
            single = len(table.key) == 1
            fields: dict[str, Any] = {
                name: PEEWEE_TYPES[kind](primary_key=single and name == table.key[0], null=name not in table.key)
                for name, kind in table.columns
            }
            options = {"database": self.database, "table_name": table.name, "legacy_table_names": False}
            if not single:
                options["primary_key"] = peewee.CompositeKey(*table.key)
            fields["Meta"] = type("Meta", (), options)
            self.models[table.name] = type(table.name.title().replace("_", ""), (peewee.Model,), fields)
        return self.models[table.name]

    def begin(self) -> None:
        """Begin a transaction."""
        if not self.autocommit:
            self.database.begin()

    def commit(self) -> None:
        """Commit it."""
        if not self.autocommit:
            self.database.commit()

    def close(self) -> None:
        """Close the connection."""
        self.database.close()

    def _equal(self, made: Any, where: Row) -> list[Any]:
        return [getattr(made, name) == value for name, value in where.items()]

    def select(
        self,
        table: Table,
        where: Row,
        *,
        order: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        descending: bool = False,
        above: tuple[str, Any] | None = None,
        at_most: tuple[str, Any] | None = None,
    ) -> list[Row]:
        """Return rows."""  # fmt: skip
        made = self._model(table)
        conditions = self._equal(made, where)
        if above:
            conditions.append(getattr(made, above[0]) > above[1])
        if at_most:
            conditions.append(getattr(made, at_most[0]) <= at_most[1])
        query = made.select().where(*conditions) if conditions else made.select()
        if order:
            column = getattr(made, order)
            query = query.order_by(column.desc() if descending else column)
        if limit is not None:
            query = query.limit(limit)
        if offset is not None:
            query = query.offset(offset)
        return list(query.dicts())

    def within(self, table: Table, column: str, values: Sequence[Any]) -> list[Row]:
        """Return rows of a list of values."""
        made = self._model(table)
        return list(made.select().where(getattr(made, column).in_(list(values))).dicts())

    def folded(self, table: Table, column: str, value: str) -> list[Row]:
        """Return rows by a value in lower case."""
        made = self._model(table)
        return list(made.select().where(peewee.fn.LOWER(getattr(made, column)) == value.lower()).dicts())

    def count(self, table: Table, where: Row) -> int:
        """Return a number of rows."""
        made = self._model(table)
        return int(made.select().where(*self._equal(made, where)).count())

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows."""
        self._model(table).insert_many([dict(row) for row in rows]).execute()

    def update(self, table: Table, values: Row, where: Row) -> None:
        """Update rows."""
        made = self._model(table)
        made.update(**values).where(*self._equal(made, where)).execute()

    def delete(self, table: Table, where: Row) -> None:
        """Delete rows."""
        made = self._model(table)
        made.delete().where(*self._equal(made, where)).execute()

    def upsert(self, table: Table, row: Row) -> None:
        """Insert or update a row."""
        made = self._model(table)
        other = next(name for name in row if name not in table.key)
        key = [getattr(made, name) for name in table.key]
        made.insert(**row).on_conflict(conflict_target=key, preserve=[getattr(made, other)]).execute()
