"""The agent platform before the fix: an ORM that loads lazily over tables without indexes.

python workload.py --url postgresql:///agents --requests 600 --seed 1
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, Text, create_engine, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

NOW = datetime(2025, 7, 1, tzinfo=UTC)
APPLICATION = "agent-platform"
AGENTS, TASKS = 10_000, 120_000


class Base(DeclarativeBase):
    """Base of the models."""

    type_annotation_map = {int: BigInteger, datetime: DateTime(timezone=True)}  # noqa: RUF012


class Agent(Base):
    """Somebody who works."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    team: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]

    tasks: Mapped[list[Task]] = relationship(back_populates="agent")


class Task(Base):
    """Something to do."""

    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    status: Mapped[str] = mapped_column(String(12))
    priority: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    agent: Mapped[Agent] = relationship(back_populates="tasks")
    events: Mapped[list[TaskEvent]] = relationship()


class TaskEvent(Base):
    """What happened to a task."""

    __tablename__ = "task_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"))
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ToolCall(Base):
    """A tool that a task used."""

    __tablename__ = "tool_calls"

    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id"))
    tool: Mapped[str] = mapped_column(String(30))
    duration_ms: Mapped[int]
    failed: Mapped[bool]
    created_at: Mapped[datetime]


def agent_page(db: Session, chance: random.Random) -> None:
    """Show an agent's latest tasks, each with its events."""
    agent = db.get(Agent, 1 + int(AGENTS ** chance.random()) * 7919 % AGENTS)
    assert agent
    latest = select(Task).where(Task.agent_id == agent.id).order_by(Task.created_at.desc()).limit(7)
    for task in db.scalars(latest):
        len(task.events)


def next_task(db: Session, chance: random.Random) -> None:
    """Take the most urgent queued task."""
    waiting = select(Task).where(Task.status == "queued").order_by(Task.priority.desc(), Task.created_at).limit(1)
    db.scalars(waiting.with_for_update(skip_locked=True)).first()


def calls(db: Session, chance: random.Random) -> None:
    """List the tool calls of one task."""
    db.scalars(select(ToolCall).where(ToolCall.task_id == chance.randint(1, TASKS)).order_by(ToolCall.created_at)).all()


def statistics(db: Session, chance: random.Random) -> None:
    """Sum up the tools of the last day."""
    since = NOW - timedelta(days=chance.choice([1, 2]))
    spent = select(ToolCall.tool, func.count(), func.avg(ToolCall.duration_ms)).where(ToolCall.created_at >= since)
    db.execute(spent.group_by(ToolCall.tool)).all()


def team(db: Session, chance: random.Random) -> None:
    """List a team."""
    db.scalars(
        select(Agent).where(Agent.team == f"team {chance.randrange(40)}", Agent.state == "ready").limit(30)
    ).all()


def record(db: Session, chance: random.Random) -> None:
    """Note an event of a task."""
    task = chance.randint(1, TASKS)
    db.add(TaskEvent(task_id=task, kind="acted", detail="did it", created_at=NOW))


Request = Callable[[Session, random.Random], None]
MIX: dict[Request, int] = {agent_page: 12, next_task: 10, calls: 18, statistics: 5, team: 15, record: 20}


def run(url: str, requests: int, seed: int, connections: int = 1) -> dict[str, int]:
    """Run that many requests over that many connections and return how often each kind came."""
    target = make_url(url).set(drivername="postgresql+psycopg")
    named = {"application_name": APPLICATION}
    engine = create_engine(target, pool_size=connections, max_overflow=0, pool_timeout=300, connect_args=named)

    def serve(number: int) -> str:
        chance = random.Random(f"{seed}:{number}")
        request = chance.choices(list(MIX), list(MIX.values()))[0]
        with Session(engine) as db:
            request(db, chance)
            db.commit()
        return request.__name__

    try:
        with ThreadPoolExecutor(connections) as pool:
            return dict(sorted(Counter(pool.map(serve, range(requests))).items()))
    finally:
        engine.dispose()


def main() -> None:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description="Drive the agent platform as it was before the fix.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    for kind, count in run(given.url, given.requests, given.seed, given.connections).items():
        sys.stdout.write(f"{kind}\t{count}\n")


if __name__ == "__main__":
    main()
