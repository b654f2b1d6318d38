"""The episode store before the fix: look-ups one at a time, the same patterns again and again.

python workload.py --url postgresql:///episodes --requests 600 --seed 1
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any

import psycopg

APPLICATION = "episode-store"
EPISODES, PATTERNS, CLUSTERS = 90_000, 40_000, 4_000

Connection = psycopg.Connection[Any]


def recent(db: Connection, chance: random.Random) -> None:
    """Recall the latest episodes of a kind."""
    kind = ["code", "review", "debug", "plan", "test", "deploy"][int(6 ** chance.random()) % 6]
    db.execute(
        """SELECT id, summary, outcome FROM episodes
           WHERE task_type = %s AND domain = %s ORDER BY created_at DESC LIMIT 20""",
        [kind, f"domain-{int(60 ** chance.random())}"],
    )


def best(db: Connection, chance: random.Random) -> None:
    """Choose among the patterns that work best."""
    page = chance.choice([10, 20])
    ranked = "SELECT id, name, success_rate FROM patterns ORDER BY success_rate DESC, occurrence_count DESC LIMIT %s"
    db.execute(ranked, [page])


def similar(db: Connection, chance: random.Random) -> None:
    """Find similar episodes by their cluster, then read each of them."""
    near = "SELECT episode_id FROM embeddings WHERE cluster = %s LIMIT 15"
    for (episode,) in db.execute(near, [chance.randrange(CLUSTERS)]).fetchall():
        db.execute("SELECT task_type, domain, summary FROM episodes WHERE id = %s", [episode])


def pattern(db: Connection, chance: random.Random) -> None:
    """Read one pattern: mostly one of the few that everybody uses."""
    number = 1 + int(PATTERNS ** chance.random() ** 3)
    db.execute("SELECT name, body FROM patterns WHERE id = %s", [number % PATTERNS + 1])


def replay(db: Connection, chance: random.Random) -> None:
    """Read the steps of one episode."""
    db.execute(
        "SELECT tool, latency_ms FROM steps WHERE episode_id = %s ORDER BY position", [chance.randint(1, EPISODES)]
    )


Request = Callable[[Connection, random.Random], None]
MIX: dict[Request, int] = {recent: 20, best: 8, similar: 10, pattern: 45, replay: 15}


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
    opened = [psycopg.connect(url, application_name=APPLICATION, autocommit=True) for _ in range(connections)]
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
    parser = argparse.ArgumentParser(description="Drive the episode store as it was before the fix.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--connections", type=int, default=1)
    given = parser.parse_args()
    for kind, count in run(given.url, given.requests, given.seed, given.connections).items():
        sys.stdout.write(f"{kind}\t{count}\n")


if __name__ == "__main__":
    main()
