"""SQLAlchemy, synchronous, over psycopg 3: loops and their look-alikes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Integer,
    Text,
    Uuid,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, relationship, selectinload

from tests.nplus1_corpus.domain import PARENTS, Family
from tests.nplus1_corpus.registry import REGISTRY, Environment, Label

NOW = datetime(2025, 6, 1, tzinfo=UTC)
positive, lookalike = REGISTRY.positive, REGISTRY.lookalike


def models(family: Family) -> dict[str, Any]:
    """Return a declarative class for each table of a family, with lazy relationships."""

    class Base(DeclarativeBase):
        pass

    kind = Uuid if family.keys == "uuid" else BigInteger
    made: dict[str, Any] = {}

    def common() -> dict[str, Any]:
        return {
            "id": mapped_column(kind, primary_key=True),
            "tenant_id": mapped_column(Integer, default=1),
            "name": mapped_column(Text, default="new"),
            "status": mapped_column(Text, default="new"),
            "amount": mapped_column(Integer, default=0),
            "created_at": mapped_column(DateTime(timezone=True), default=NOW),
        }

    def model(table: str, parent: str | None, key: str | None, **relations: Any) -> None:
        body = {"__tablename__": table, **common(), **relations}
        if parent and key:
            body[key] = mapped_column(kind, ForeignKey(f"{parent}.id"))
            body["parent"] = relationship(parent, viewonly=True)
        made[table] = type(table, (Base,), body)

    children = {"children": relationship(family.child, viewonly=True)}
    if family.second:
        children["others"] = relationship(family.second, viewonly=True)
    model(family.parent, None, None, **children)
    below = {"children": relationship(family.child_of_child, viewonly=True)} if family.child_of_child else {}
    model(family.child, family.parent, family.key, **below)
    if family.child_of_child:
        model(family.child_of_child, family.child, family.child_key)
    if family.second:
        model(family.second, family.parent, family.key)
    return made


@contextmanager
def engine(env: Environment, **options: Any) -> Iterator[Engine]:
    """Yield an engine whose connections carry the case's application name."""
    made = create_engine(
        env.url("postgresql+psycopg"), connect_args={"application_name": env.application}, **{"pool_size": 1, **options}
    )
    try:
        yield made
    finally:
        made.dispose()


def who(db: Session, env: Environment) -> None:
    """Look up who is asking and what is switched on, as every request does."""
    user = text("SELECT id, name, tenant_id FROM app_users WHERE id = :id")
    db.execute(user, {"id": env.chance.randint(1, 500)}).one()
    db.execute(text("SELECT enabled FROM feature_flags WHERE name = :name"), {"name": "flag3"}).one()


@positive(Family("authors", "books", "author_id"))
def sa_lazy_many(env: Environment, family: Family) -> None:
    """A list page whose rows load their children lazily."""
    made = models(family)
    with engine(env) as db_engine:
        for page in env.requests(6):
            with Session(db_engine) as db:
                who(db, env)
                parent = made[family.parent]
                for row in db.scalars(select(parent).order_by(parent.created_at.desc()).offset(page * 12).limit(12)):
                    len(row.children)
                db.commit()
            env.pause()


@positive(Family("artists", "albums", "artist_id"), Label("n-plus-one", "artists", "albums"))
def sa_lazy_one(env: Environment, family: Family) -> None:
    """A list whose rows each load the one row they point at."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                who(db, env)
                child = made[family.child]
                start = env.chance.randint(1, 900)
                for row in db.scalars(select(child).where(child.id > start).order_by(child.id).limit(15)):
                    _ = row.parent.name
                db.commit()
            env.pause()


@positive(
    Family("companies", "projects", "company_id", child_of_child="tickets"),
    Label("n-plus-one", "projects", "companies"),
    Label("n-plus-one", "tickets", "projects"),
)
def sa_nested(env: Environment, family: Family) -> None:
    """Two levels: each row's children, and each child's children."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(4):
            with Session(db_engine) as db:
                tenant = env.chance.randint(1, 8)
                for row in db.scalars(select(made[family.parent]).filter_by(tenant_id=tenant).limit(6)):
                    for child in row.children:
                        len(child.children)
                db.commit()
            env.pause()


@positive(Family("customers", "invoices", "customer_id"))
def sa_count(env: Environment, family: Family) -> None:
    """A list that counts each row's children."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                who(db, env)
                child = made[family.child]
                for row in db.scalars(select(made[family.parent]).where(made[family.parent].amount > 50).limit(10)):
                    db.scalar(select(func.count()).select_from(child).where(getattr(child, family.key) == row.id))
                db.commit()
            env.pause()


@positive(Family("warehouses", "shipments", "warehouse_id"), Label("n-plus-one", "warehouses", "shipments"))
def sa_get_in_a_loop(env: Environment, family: Family) -> None:
    """Ids from one query, then one look-up by primary key for each."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                child = made[family.child]
                chosen = child.amount == env.chance.randint(1, 90)
                for number in db.scalars(select(getattr(child, family.key)).where(chosen)).all():
                    db.get(made[family.parent], number)
                db.commit()
            env.pause()


@positive(Family("teachers", "courses", "teacher_id"))
def sa_autocommit(env: Environment, family: Family) -> None:
    """Lazy loading without a transaction."""
    made = models(family)
    with engine(env, isolation_level="AUTOCOMMIT") as db_engine:
        for _ in env.requests(6):
            with Session(db_engine) as db:
                who(db, env)
                for row in db.scalars(select(made[family.parent]).filter_by(status="open").order_by("id").limit(8)):
                    len(row.children)
            env.pause()


@positive(Family("batches", "samples", "batch_id"), Label("row-by-row-insert", "samples"))
def sa_insert_loop(env: Environment, family: Family) -> None:
    """Rows added and flushed one by one in one transaction."""
    made = models(family)
    with engine(env) as db_engine:
        for request in env.requests(4):
            with Session(db_engine) as db:
                batch = db.get(made[family.parent], env.chance.randint(1, PARENTS))
                assert batch
                for number in range(15):
                    row = made[family.child](id=10_000 + request * 100 + number, amount=number)
                    setattr(row, family.key, batch.id)
                    db.add(row)
                    db.flush()
                db.commit()
            env.pause()


@positive(Family("routes", "parcels", "route_id"), Label("row-by-row-update", "parcels", "parcels"))
def sa_update_loop(env: Environment, family: Family) -> None:
    """Rows read, changed and flushed one by one."""
    made = models(family)
    with engine(env) as db_engine:
        for request in env.requests(4):
            with Session(db_engine) as db:
                child = made[family.child]
                key = getattr(child, family.key)
                for row in db.scalars(select(child).where(key.in_([request + 1, request + 2, request + 30]))).all():
                    row.amount = row.amount + 1 + request
                    db.flush()
                db.commit()
            env.pause()


@positive(Family("folders", "documents", "folder_id"), Label("row-by-row-delete", "documents", "documents"))
def sa_delete_loop(env: Environment, family: Family) -> None:
    """Rows deleted one statement at a time."""
    made = models(family)
    with engine(env) as db_engine:
        for request in env.requests(4):
            with Session(db_engine) as db:
                child = made[family.child]
                doomed = db.scalars(select(child.id).where(getattr(child, family.key) == request * 3 + 1)).all()
                for number in [*doomed, *range(5000, 5004)]:
                    db.execute(delete(child).where(child.id == number))
                db.commit()
            env.pause()


@positive(
    Family("orders", "order_lines", "order_id", second="payments"),
    Label("n-plus-one", "order_lines", "orders"),
    Label("n-plus-one", "payments", "orders"),
)
def sa_two_children(env: Environment, family: Family) -> None:
    """Each row loads two collections in turn."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                who(db, env)
                parent = made[family.parent]
                for row in db.scalars(select(parent).filter_by(tenant_id=env.chance.randint(1, 8)).limit(9)):
                    len(row.children)
                    len(row.others)
                db.commit()
            env.pause()


@positive(Family("devices", "readings", "device_id", keys="uuid"))
def sa_uuid(env: Environment, family: Family) -> None:
    """The same with UUID keys."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                parent = made[family.parent]
                for row in db.scalars(select(parent).where(parent.amount > env.chance.randint(1, 80)).limit(7)):
                    len(row.children)
                db.commit()
            env.pause()


@positive(Family("members", "loans", "member_id"), Label("n-plus-one", "members", "loans"))
def sa_identity_map(env: Environment, family: Family) -> None:
    """Many rows share what they point at, so fewer look-ups than rows."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                child = made[family.child]
                shared = getattr(child, family.key).in_(env.chance.sample(range(1, PARENTS), 8))
                for row in db.scalars(select(child).where(shared).order_by(child.created_at)).all():
                    _ = row.parent.name
                db.commit()
            env.pause()


@lookalike(Family("articles", "article_tags", "article_id"))
def sa_offset_paging(env: Environment, family: Family) -> None:
    """An export that leafs through a table by OFFSET as fast as it can."""
    made = models(family)
    with engine(env) as db_engine, Session(db_engine) as db:
        child = made[family.child]
        for page in range(24):
            db.scalars(select(child).order_by(child.id).offset(page * 50).limit(50)).all()
        db.commit()


@lookalike(Family("songs", "plays", "song_id"))
def sa_keyset_paging(env: Environment, family: Family) -> None:
    """An export that goes on from the last id it saw."""
    made = models(family)
    with engine(env) as db_engine, Session(db_engine) as db:
        child, last = made[family.child], 0
        while rows := db.scalars(select(child).where(child.id > last).order_by(child.id).limit(60)).all():
            last = rows[-1].id
        db.commit()


@lookalike(Family("cities", "streets", "city_id"))
def sa_keyset_within_one_parent(env: Environment, family: Family) -> None:
    """Keyset paging through one parent's children: constant foreign key, moving position."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(4):
            with Session(db_engine) as db:
                child, last, city = made[family.child], 0, env.chance.randint(1, PARENTS)
                for _page in range(6):
                    found = select(child).where(getattr(child, family.key) == city, child.id > last)
                    rows = db.scalars(found.order_by(child.id).limit(1)).all()
                    last = rows[-1].id if rows else last + 1
                db.commit()
            env.pause()


@lookalike(Family("stores", "receipts", "store_id"))
def sa_selectinload(env: Environment, family: Family) -> None:
    """The fix itself: one query for the children of all rows."""
    made = models(family)
    with engine(env) as db_engine:
        for page in env.requests(10):
            with Session(db_engine) as db:
                who(db, env)
                parent = made[family.parent]
                rows = db.scalars(select(parent).options(selectinload(parent.children)).offset(page).limit(12)).all()
                assert sum(len(row.children) for row in rows) > 0
                db.commit()
            env.pause(0.03)


@lookalike(Family("planets", "moons", "planet_id"))
def sa_chunked_in_lists(env: Environment, family: Family) -> None:
    """A job that fetches thousands of rows in IN lists of fifty."""
    made = models(family)
    with engine(env) as db_engine, Session(db_engine) as db:
        for chunk in (range(start, start + 50) for start in range(1, 1000, 50)):
            db.scalars(select(made[family.child]).where(made[family.child].id.in_(chunk))).all()
        db.commit()


@lookalike(Family("sensors", "alarms", "sensor_id"))
def sa_detail_pages(env: Environment, family: Family) -> None:
    """Many visitors, each looking at one row: one look-up by key a request."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(14):
            with Session(db_engine) as db:
                who(db, env)
                db.get(made[family.parent], env.chance.randint(1, PARENTS))
                db.commit()
            env.pause()


@lookalike(Family("recipes", "ingredients", "recipe_id"))
def sa_detail_pages_with_children(env: Environment, family: Family) -> None:
    """Many visitors, each looking at one row and its children: two statements a request."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(12):
            with Session(db_engine) as db:
                row = db.get(made[family.parent], env.chance.randint(1, PARENTS))
                assert row
                len(row.children)
                db.commit()
            env.pause()


@lookalike(Family("tables_of_contents", "chapters", "toc_id"))
def sa_introspection(env: Environment, family: Family) -> None:
    """Reflection: catalog queries for one table after another."""
    with engine(env) as db_engine:
        found = inspect(db_engine)
        for table in (*family.tables, "app_users", "feature_flags", "authors", "books", "orders"):
            found.get_columns(table)
            found.get_foreign_keys(table)
            found.get_indexes(table)


@lookalike(Family("rockets", "launches", "rocket_id"))
def sa_pings(env: Environment, family: Family) -> None:
    """A pool that pings before each use."""
    with engine(env, pool_pre_ping=True) as db_engine:
        for _ in env.requests(20):
            with Session(db_engine) as db:
                db.execute(text("SELECT count(*) FROM rockets WHERE status = 'open'")).one()
                db.commit()


@lookalike(Family("bakeries", "loaves", "bakery_id"))
def sa_bulk_insert(env: Environment, family: Family) -> None:
    """Many rows in one multi-row INSERT, twenty times."""
    made = models(family)
    with engine(env) as db_engine:
        for request in env.requests(8):
            with Session(db_engine) as db:
                rows = [
                    {"id": 20_000 + request * 100 + i, family.key: 1 + i, "tenant_id": 1, "name": "x", "status": "new",
                     "amount": i, "created_at": NOW}
                    for i in range(30)
                ]  # fmt: skip
                db.execute(insert(made[family.child]).values(rows))
                db.commit()


@lookalike(Family("gardens", "plants", "garden_id"))
def sa_same_row_again(env: Environment, family: Family) -> None:
    """The same row read again and again in one request: worth remembering, but no N+1."""
    made = models(family)
    with engine(env) as db_engine:
        for _ in env.requests(5):
            with Session(db_engine) as db:
                number = env.chance.randint(1, PARENTS)
                for _again in range(9):
                    db.execute(select(made[family.parent].name).where(made[family.parent].id == number)).one()
                db.commit()
            env.pause()


@lookalike(Family("jobs", "job_logs", "job_id"))
def sa_queue(env: Environment, family: Family) -> None:
    """A worker that takes one job after another with SKIP LOCKED."""
    made = models(family)
    with engine(env) as db_engine:
        for number in range(25):
            with Session(db_engine) as db:
                job = made[family.parent]
                waiting = select(job).where(job.status == "open", job.amount >= number).order_by(job.id).limit(1)
                db.scalars(waiting.with_for_update(skip_locked=True)).all()
                db.commit()


@lookalike(Family("regions", "forecasts", "region_id"))
def sa_time_buckets(env: Environment, family: Family) -> None:
    """A chart that asks for one time range after another."""
    made = models(family)
    with engine(env) as db_engine, Session(db_engine) as db:
        child = made[family.child]
        for day in range(1, 21):
            span = child.created_at.between(datetime(2025, 1, day, tzinfo=UTC), datetime(2025, 1, day + 1, tzinfo=UTC))
            db.scalar(select(func.sum(child.amount)).where(span))
        db.commit()


@lookalike(Family("movies", "screenings", "movie_id"))
def sa_search_as_you_type(env: Environment, family: Family) -> None:
    """A search box that asks with every key."""
    made = models(family)
    with engine(env) as db_engine:
        word = "screenings 11"
        for end in range(1, len(word)):
            with Session(db_engine) as db:
                child = made[family.child]
                db.scalars(select(child).where(child.name.ilike(word[:end] + "%")).limit(10)).all()
                db.commit()
            env.pause(0.04)


@lookalike(Family("hotels", "bookings", "hotel_id"))
def sa_touch_per_request(env: Environment, family: Family) -> None:
    """Each request writes one row: an audit line and a time stamp."""
    made = models(family)
    with engine(env) as db_engine:
        for request in env.requests(12):
            with Session(db_engine) as db:
                number = env.chance.randint(1, PARENTS)
                db.execute(update(made[family.parent]).where(made[family.parent].id == number).values(amount=request))
                booking = {"id": 30_000 + request, family.key: number, "name": uuid.UUID(int=request).hex}
                db.execute(insert(made[family.child]).values(booking))
                db.commit()
            env.pause()
