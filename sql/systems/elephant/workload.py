"""The elephant server before the fix: raw SQL, whole rows, one scan of tasks for each session of a list.

python workload.py --url postgresql:///elephant --requests 600 --seed 1
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

NOW = datetime(2025, 7, 1, tzinfo=UTC)
USERS, SESSIONS = 4_000, 20_000

Connection = psycopg.Connection[Any]


def someone(chance: random.Random) -> int:
    """Return a user, the busy ones more often."""
    return 1 + int(USERS ** chance.random()) * 7919 % USERS


def sidebar(db: Connection, chance: random.Random) -> list[tuple[Any, ...]]:
    """List a user's sessions: every column of each, documents and all."""
    return db.execute(
        "SELECT * FROM sessions WHERE user_id = %s ORDER BY updated_at DESC LIMIT 12", [someone(chance)]
    ).fetchall()


def session_list(db: Connection, chance: random.Random) -> None:
    """List a user's sessions, then of each its number of tasks and its last one."""
    for session in sidebar(db, chance):
        db.execute("SELECT count(*) FROM tasks WHERE session_id = %s", [session[0]])
        last = "SELECT id, status, prompt FROM tasks WHERE session_id = %s ORDER BY created_at DESC LIMIT 1"
        db.execute(last, [session[0]])


def mobile_list(db: Connection, chance: random.Random) -> None:
    """The same list for the telephone, which shows the titles only."""
    db.execute(
        "SELECT id, title, updated_at FROM sessions WHERE user_id = %s ORDER BY updated_at DESC LIMIT 12",
        [someone(chance)],
    )


def conversation(db: Connection, chance: random.Random) -> None:
    """Open one session and its messages."""
    session = chance.randint(1, SESSIONS)
    db.execute("SELECT * FROM sessions WHERE id = %s", [session])
    db.execute("SELECT payload FROM messages WHERE session_id = %s ORDER BY position", [session])


def tool_use(db: Connection, chance: random.Random) -> None:
    """Find the messages that used a tool, by jsonb containment."""
    db.execute(
        "SELECT id, session_id FROM messages WHERE payload @> %s", [Jsonb({"tool": chance.choice(["shell", "mail"])})]
    )


def running(db: Connection, chance: random.Random) -> None:
    """Watch what runs: a handful among a hundred thousand."""
    db.execute("SELECT id, session_id FROM tasks WHERE status = 'running' ORDER BY created_at LIMIT 50")


def say(db: Connection, chance: random.Random) -> None:
    """Append a message and touch the session."""
    session = chance.randint(1, SESSIONS)
    top = db.execute("SELECT max(position) FROM messages WHERE session_id = %s", [session]).fetchone()
    position = (top[0] if top and top[0] else 0) + 1
    insert = "INSERT INTO messages (session_id, position, payload, created_at) VALUES (%s, %s, %s, %s)"
    db.execute(insert, [session, position, Jsonb({"role": "user", "text": "go on"}), NOW])
    db.execute("UPDATE sessions SET updated_at = %s WHERE id = %s", [NOW, session])


Request = Callable[[Connection, random.Random], object]
MIX: dict[Request, int] = {
    session_list: 12, sidebar: 20, mobile_list: 24, conversation: 26, tool_use: 3, running: 4, say: 11
}  # fmt: skip


def _serve(free: SimpleQueue[Connection], seed: int, number: int) -> str:
    chance = random.Random(f"{seed}:{number}")
    request = chance.choices(list(MIX), list(MIX.values()))[0]
    db = free.get()
    try:
        with db.transaction():
            request(db, chance)
    finally:
        free.put(db)
    return request.__name__


def run(url: str, requests: int, seed: int, connections: int = 1) -> dict[str, int]:
    """Run that many requests over that many connections and return how often each kind came."""
    free: SimpleQueue[Connection] = SimpleQueue()
    opened = [psycopg.connect(url, application_name="elephant-api", autocommit=True) for _ in range(connections)]
    try:
        for db in opened:
            free.put(db)
        with ThreadPoolExecutor(connections) as pool:
            kinds = list(pool.map(lambda number: _serve(free, seed, number), range(requests)))
    finally:
        for db in opened:
            db.close()
    return dict(sorted(Counter(kinds).items()))


def main() -> None:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description="Drive the elephant server as it was before the fix.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    for kind, count in run(given.url, given.requests, given.seed, given.connections).items():
        sys.stdout.write(f"{kind}\t{count}\n")


if __name__ == "__main__":
    main()
