"""The pages. Run with `pytest --advisor-fail --advisor-workload tests.json`, on the database that SHOP_URL names."""

from __future__ import annotations

import os
from datetime import datetime

import pytest
from app.models import Base, Customer, Order
from app.pages import desk, latest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


@pytest.fixture
def session():
    engine = create_engine(os.environ["SHOP_URL"])
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add_all(Customer(id=number, name=f"name {number}") for number in range(1, 9))
        opened.flush()
        opened.add_all(
            Order(id=number, customer_id=1 + number % 8, placed=datetime(2026, 1, number), total=number)
            for number in range(1, 17)
        )
        opened.flush()
        opened.expire_all()
        yield opened
        opened.rollback()
    Base.metadata.drop_all(engine)
    engine.dispose()


def test_latest(session):
    assert [order.id for order in latest(session, 1)] == [16, 8]


@pytest.mark.advisor(max_queries=1)
def test_desk(session):
    assert desk(session)[0] == ("name 1", 16)
