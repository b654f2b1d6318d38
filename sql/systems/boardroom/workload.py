"""The boardroom application before the fix: its models, its requests, and a driver that runs them on a real server.

Everything a performance review would object to is here on purpose: relationships load lazily inside loops, pages are
found by OFFSET, the dashboard computes the same join again and again, a queue is polled over the whole table.

    python workload.py --url postgresql:///boardroom --requests 600 --seed 1

The same seed makes the same requests in the same order, whatever the number of connections.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, Text, create_engine, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import QueuePool

NOW = datetime(2025, 7, 1, tzinfo=UTC)
"""The moment at which the seed's data ends."""

USERS, BOARDROOMS, SESSIONS, THREADS = 12_000, 10_000, 60_000, 180_000
WEB, WORKER = "boardroom-web", "boardroom-worker"


class Base(DeclarativeBase):
    """Base of the models."""

    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012


class User(Base):
    """Somebody who meets agents."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(120), unique=True, index=True)
    display_name: Mapped[str] = mapped_column(String(80))
    plan: Mapped[str] = mapped_column(String(20), default="free")
    preferences: Mapped[dict[str, Any]]
    is_admin: Mapped[bool]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]


class Boardroom(Base):
    """A room with its agents."""

    __tablename__ = "boardrooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]

    owner: Mapped[User] = relationship()


class Meeting(Base):
    """One session; not called `Session` so as not to hide SQLAlchemy's."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    boardroom_id: Mapped[int] = mapped_column(ForeignKey("boardrooms.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(160))
    summary: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(index=True)
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    boardroom: Mapped[Boardroom] = relationship()
    threads: Mapped[list[Thread]] = relationship(back_populates="session")


class Thread(Base):
    """One line of talk within a session."""

    __tablename__ = "threads"

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id"))
    thread_type: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    session: Mapped[Meeting] = relationship(back_populates="threads")
    messages: Mapped[list[Message]] = relationship(back_populates="thread")


class Message(Base):
    """What a user, a guest or an agent said."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("threads.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    content: Mapped[str] = mapped_column(Text)
    token_count: Mapped[int]
    is_read: Mapped[bool]
    created_at: Mapped[datetime]

    thread: Mapped[Thread] = relationship(back_populates="messages")


class ToolRun(Base):
    """A tool that an agent called."""

    __tablename__ = "tool_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    tool_name: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(20))
    arguments: Mapped[dict[str, Any]]
    result: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


def zipf(chance: random.Random, size: int) -> int:
    """Return an id as skewed as the seed's: busy users ask most."""
    return 1 + int(size ** chance.random()) * 7919 % size


def busy(chance: random.Random, size: int) -> int:
    """Return an id of the busiest, mostly: half of the answers are among some ten."""
    return 1 + int(size ** chance.random() ** 2) * 7919 % size


def home(db: Session, chance: random.Random) -> None:
    """Show a user's latest sessions, each with the name of its boardroom."""
    user = db.get(User, zipf(chance, USERS))
    assert user
    user.last_seen_at = NOW + timedelta(seconds=chance.randrange(86_400))
    latest = select(Meeting).where(Meeting.user_id == user.id).order_by(Meeting.created_at.desc()).limit(20)
    for meeting in db.scalars(latest):
        meeting.boardroom.name  # noqa: B018 (loads it)


def overview(db: Session, chance: random.Random) -> None:
    """Show a user's last sessions with every thread and how much was said in it: the page everybody complains about."""
    user = zipf(chance, USERS)
    latest = select(Meeting).where(Meeting.user_id == user).order_by(Meeting.created_at.desc()).limit(8)
    for meeting in db.scalars(latest):
        for thread in meeting.threads:
            len(thread.messages)


def panel(db: Session, chance: random.Random) -> None:
    """List a session's threads of one type and status, mostly in the standing sessions with hundreds of them."""
    kind = chance.choices(["discussion", "research", "decision", "main"], [6, 3, 1, 1])[0]
    status = chance.choices(["open", "resolved", "archived"], [6, 3, 1])[0]
    standing = 7 + 200 * chance.randrange(95)
    session = standing if chance.random() < 0.8 else chance.randint(1, SESSIONS)
    asked = select(Thread).where(Thread.session_id == session, Thread.thread_type == kind, Thread.status == status)
    db.scalars(asked).all()


def live(db: Session, chance: random.Random) -> None:
    """List the latest active (seldom: ended) sessions of a boardroom."""
    db.scalars(
        select(Meeting)
        .where(Meeting.boardroom_id == busy(chance, BOARDROOMS), Meeting.is_active == (chance.random() < 0.8))
        .order_by(Meeting.created_at.desc())
        .limit(20)
    ).all()


def feed(db: Session, chance: random.Random) -> None:
    """Leaf through what a user has said, by OFFSET."""
    user = busy(chance, USERS)
    for page in range(chance.choice([1, 1, 2, 4])):
        said = select(Message).where(Message.user_id == user)
        db.scalars(said.order_by(Message.created_at.desc(), Message.id.desc()).limit(25).offset(25 * page)).all()


def usage(db: Session, chance: random.Random) -> None:
    """Show the tokens a user has spent of late: two narrow columns out of wide rows, on every page."""
    since = NOW - timedelta(days=chance.choice([30, 90, 365]))
    spent = select(func.count(), func.sum(Message.token_count))
    db.execute(spent.where(Message.user_id == busy(chance, USERS), Message.created_at >= since)).one()


def unread(db: Session, chance: random.Random) -> None:
    """Collect what nobody has read yet, oldest first: a handful among half a million."""
    waiting = select(Message.id, Message.thread_id, Message.created_at).where(Message.is_read.is_(False))
    db.execute(waiting.order_by(Message.created_at).limit(50)).all()


def queue(db: Session, chance: random.Random) -> None:
    """Take the oldest pending tool runs and finish them one by one."""
    waiting = select(ToolRun).where(ToolRun.status == "pending").order_by(ToolRun.created_at).limit(6)
    for run in db.scalars(waiting.with_for_update(skip_locked=True)).all():
        run.status, run.finished_at, run.duration_ms = "succeeded", NOW, chance.randint(20, 900)
        db.flush()


def failures(db: Session, chance: random.Random) -> None:
    """List the latest failed tool runs."""
    failed = select(ToolRun).where(ToolRun.status == "failed").order_by(ToolRun.created_at.desc()).limit(20)
    db.scalars(failed).all()


def post(db: Session, chance: random.Random) -> None:
    """Say something: one message, one tool run, and the thread moves up."""
    thread = db.get(Thread, chance.randint(1, THREADS))
    assert thread
    now = NOW + timedelta(seconds=chance.randrange(86_400))
    message = Message(
        thread_id=thread.id, user_id=zipf(chance, USERS), role="user", content="What speaks against it?",
        token_count=chance.randint(5, 400), is_read=False, created_at=now,
    )  # fmt: skip
    db.add(message)
    db.flush()
    db.add(ToolRun(message_id=message.id, tool_name="search", status="pending", arguments={"depth": 1}, created_at=now))
    thread.updated_at = now
    thread.session.last_activity_at = now


def read(db: Session, chance: random.Random) -> None:
    """Open one thread and read it from the top."""
    thread = chance.randint(1, THREADS)
    db.scalars(select(Message).where(Message.thread_id == thread).order_by(Message.created_at)).all()


def login(db: Session, chance: random.Random) -> None:
    """Find a user by address, whatever its case."""
    db.scalar(select(User).where(func.lower(User.email) == f"user{zipf(chance, USERS)}@example.org"))


def dashboard(db: Session, chance: random.Random) -> None:
    """Rank the boardrooms of the last month: the same expensive join for everybody, every time."""
    month = NOW - timedelta(days=30)
    busiest = (
        select(Boardroom.id, Boardroom.name, func.count(Thread.id).label("threads"))
        .join(Meeting, Meeting.boardroom_id == Boardroom.id)
        .join(Thread, Thread.session_id == Meeting.id)
        .where(Meeting.created_at >= month)
        .group_by(Boardroom.id, Boardroom.name)
    )
    db.execute(busiest.order_by(func.count(Thread.id).desc()).limit(10)).all()


Request = Callable[[Session, random.Random], None]

MIX: dict[Request, int] = {
    home: 20, overview: 5, panel: 18, live: 14, feed: 7, usage: 12, unread: 3, queue: 3, failures: 2, post: 10,
    read: 12, login: 6, dashboard: 2,
}  # fmt: skip
"""Requests and how often they come, in percent or nearly so."""

BACKGROUND = {unread, queue}
"""Requests of the worker process, under its own application name."""


def _engine(url: str, application: str, connections: int) -> Engine:
    target = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(
        target, poolclass=QueuePool, pool_size=connections, max_overflow=0, pool_timeout=300,
        connect_args={"application_name": application},
    )  # fmt: skip


def _serve(web: Engine, worker: Engine, seed: int, number: int) -> str:
    chance = random.Random(f"{seed}:{number}")
    request = chance.choices(list(MIX), list(MIX.values()))[0]
    with Session(worker if request in BACKGROUND else web) as db:
        request(db, chance)
        db.commit()
    return request.__name__


def run(url: str, requests: int, seed: int, connections: int = 1) -> dict[str, int]:
    """Run that many requests over that many connections and return how often each kind came."""
    web, worker = _engine(url, WEB, connections), _engine(url, WORKER, connections)
    try:
        with ThreadPoolExecutor(connections) as pool:
            kinds = list(pool.map(lambda number: _serve(web, worker, seed, number), range(requests)))
    finally:
        web.dispose()
        worker.dispose()
    return dict(sorted(Counter(kinds).items()))


def main() -> None:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description="Drive the boardroom application as it was before the fix.")
    parser.add_argument("--url", required=True, help="a PostgreSQL URL; the driver is psycopg whatever it names")
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    for kind, count in run(given.url, given.requests, given.seed, given.connections).items():
        sys.stdout.write(f"{kind}\t{count}\n")


if __name__ == "__main__":
    main()
