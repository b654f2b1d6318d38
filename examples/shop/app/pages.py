"""What the pages read."""

from __future__ import annotations

from app.models import Order
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload


def latest(session: Session, customer: int) -> list[Order]:
    """Return a customer's latest orders."""
    wanted = select(Order).where(Order.customer_id == customer).order_by(Order.placed.desc()).limit(5)
    return list(session.scalars(wanted))


def desk(session: Session) -> list[tuple[str, int]]:
    """Return the newest orders with their customers' names."""
    wanted = select(Order).options(joinedload(Order.customer)).order_by(Order.id.desc()).limit(10)
    return [(order.customer.name, order.id) for order in session.scalars(wanted)]
