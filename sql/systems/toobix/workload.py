"""Toobix before the fix: a connection for every request, nothing prepared, one INSERT at a time.

python workload.py --url postgresql:///toobix --requests 600 --seed 1
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import psycopg

NOW = datetime(2025, 7, 1, tzinfo=UTC)
APPLICATION = "toobix"
KINDS = ["talk", "dream", "meet", "learn", "rest", "play", "work", "travel"]

Connection = psycopg.Connection[Any]


def remember(db: Connection, chance: random.Random) -> None:
    """Search the memory for a piece of text; most are rare, so that LIMIT 10 does not end the scan early."""
    word = chance.choice(["%long road%", "%00ff71%", "%garden and 7f3a%", "%abc1de%", "%lost near e5a9%"])
    db.execute("SELECT id, text, weight FROM memory_chunks WHERE text LIKE %s LIMIT 10", [word])


def story(db: Connection, chance: random.Random) -> None:
    """Tell the latest events of a kind."""
    told = "SELECT id, payload, created_at FROM story_events WHERE type = %s ORDER BY created_at DESC LIMIT 20"
    db.execute(told, [chance.choice(KINDS)])


def live(db: Connection, chance: random.Random) -> None:
    """Write down what happened, one event at a time."""
    for _ in range(12):
        db.execute(
            "INSERT INTO story_events (type, payload, created_at) VALUES (%s, %s, %s)",
            [chance.choice(KINDS), '{"note": "new"}', NOW],
        )


def reflect(db: Connection, chance: random.Random) -> None:
    """Put one reflection into its context: many small look-ups in one statement, planned anew each time."""
    for _ in range(6):
        db.execute(
            "SELECT r.mood, e.type, m.text, v.name, r2.mood, e2.type, m2.weight, v2.score"
            " FROM reflections r JOIN story_events e ON e.id = r.event_id JOIN memory_chunks m ON m.id = r.chunk_id"
            ' JOIN "values" v ON v.id = r.value_id LEFT JOIN reflections r2 ON r2.id = r.id + 1'
            " LEFT JOIN story_events e2 ON e2.id = r2.event_id LEFT JOIN memory_chunks m2 ON m2.id = r2.chunk_id"
            ' LEFT JOIN "values" v2 ON v2.id = r2.value_id WHERE r.id = %s AND r.created_at < %s',
            [chance.randint(1, 59_000), NOW],
        )


Request = Callable[[Connection, random.Random], None]
MIX: dict[Request, int] = {remember: 8, story: 30, live: 20, reflect: 30}


def run(url: str, requests: int, seed: int, connections: int = 1) -> dict[str, int]:
    """Run that many requests, that many at once, each over a connection of its own; return how often each kind came."""

    def serve(number: int) -> str:
        chance = random.Random(f"{seed}:{number}")
        request = chance.choices(list(MIX), list(MIX.values()))[0]
        with psycopg.connect(url, application_name=APPLICATION, autocommit=True, prepare_threshold=None) as db:
            request(db, chance)
        return request.__name__

    with ThreadPoolExecutor(connections) as pool:
        return dict(sorted(Counter(pool.map(serve, range(requests))).items()))


def main() -> None:
    """Read the command line, run, and print the counts."""
    parser = argparse.ArgumentParser(description="Drive Toobix as it was before the fix.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    for kind, count in run(given.url, given.requests, given.seed, given.connections).items():
        sys.stdout.write(f"{kind}\t{count}\n")


if __name__ == "__main__":
    main()
