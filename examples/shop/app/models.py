"""The tables."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What all tables have in common."""


class Customer(Base):
    """Somebody who orders."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Order(Base):
    """What a customer ordered."""

    __tablename__ = "orders"
    __table_args__ = (Index("ix_orders_customer_id_placed", "customer_id", "placed"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    placed: Mapped[datetime]
    total: Mapped[Decimal]
    customer: Mapped[Customer] = relationship()
