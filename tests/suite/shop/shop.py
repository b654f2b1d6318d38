"""A small shop over three libraries, each with the same N+1 and its cure."""

from __future__ import annotations

import os

import psycopg
import sqlalchemy as sa
from sqlalchemy import orm

URL = os.environ["SHOP_URL"]
engine = sa.create_engine(URL.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.pool.NullPool)


class Base(orm.DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]


class Order(Base):
    __tablename__ = "orders"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("customers.id"))
    total: orm.Mapped[int]
    customer: orm.Mapped[Customer] = orm.relationship()


def names(eager: bool = False) -> list[str]:
    with orm.Session(engine) as session:
        wanted = sa.select(Order).where(Order.total > 3).order_by(Order.id).limit(8)
        if eager:
            wanted = wanted.options(orm.selectinload(Order.customer))
        return [order.customer.name for order in session.scalars(wanted)]  # N+1: SQLAlchemy


def names_by_hand() -> list[str]:
    with psycopg.connect(URL) as connection:
        rows = connection.execute(
            "SELECT id, customer_id FROM orders WHERE total > %s ORDER BY id LIMIT 8", (3,)
        ).fetchall()
        found = []
        for _, customer in rows:
            row = connection.execute("SELECT name FROM customers WHERE id = %(id)s", {"id": customer})  # N+1: psycopg
            found.append(row.fetchone()[0])
        return found


def pages() -> int:
    with psycopg.connect(URL) as connection:
        return sum(
            len(connection.execute("SELECT * FROM orders ORDER BY id LIMIT 2 OFFSET %s", (2 * page,)).fetchall())
            for page in range(8)
        )
