"""Draws programs and runs them side by side on one server; what the server logged is theirs, and so is the count."""

from __future__ import annotations

import random
import shutil
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Any

from advisor.twin.servers.server import Server, embedded_binaries
from tests.nplus1_corpus.generated.domain import Domain, domain, sql
from tests.nplus1_corpus.generated.lookalikes import LOOKALIKES
from tests.nplus1_corpus.generated.program import SHARED, SPEEDS, STACKS, Clock, Fact, Plan, Pool, Program, rounds
from tests.nplus1_corpus.generated.shapes import SHAPES, WRITES

DATABASE = "generated"
SHARING = 5
"""Programs that share one schema."""
AT_ONCE = 10
PREFIX = "%m [%p] %c %l %v %x %Q %r %u %d %a| "
"""What the server writes; `render` takes it apart again. Names of programs hold no blank."""
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "100000",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "generated.log",
    "log_rotation_size": "0",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_min_duration_statement": "0",
    "log_line_prefix": PREFIX,
    "log_timezone": "UTC",
    "max_connections": "600",
    "fsync": "off",
    "compute_query_id": "on",
}


@dataclass(frozen=True)
class Generated:
    """What came out of a run."""

    folder: Path
    """Holds `generated.log`, `.csv`, `.json`, `statements.csv` and `schema.sql`."""
    facts: tuple[Fact, ...]
    clocks: dict[str, Clock]
    plans: dict[str, Plan]


def draw(number: int, seed: int, made: Domain) -> Plan:
    """Return a random program."""
    chance = random.Random(f"plan {seed} {number}")
    loop = chance.random() < 0.6
    shape = chance.choice(sorted(SHAPES if loop else LOOKALIKES))
    speed = chance.choice(sorted(SPEEDS))
    frame: Any = chance.choice(("transaction", "transaction", "autocommit", "autocommit", "commit-each"))
    stack = chance.choice(sorted(STACKS))
    pool: Pool = "one"
    if loop and chance.random() < 0.25:
        pool = chance.choice(("hop", "pooler", "gather", "fresh"))
        frame = "commit-each" if pool in ("hop", "pooler") and chance.random() < 0.3 else "autocommit"
        if pool in ("gather", "fresh", "pooler"):
            stack = chance.choice(SHARED)
            speed = chance.choice(("fast", "1-5 ms", "5-20 ms"))
        if shape == "nested" or (pool in ("gather", "fresh") and shape in ("chain", "save")):
            shape = "to-many"
    elif loop and shape in WRITES and stack == "psycopg" and chance.random() < 0.4:
        frame, speed = "pipeline", "fast"
    name = f"p{number:05d}-{shape}"
    return Plan(name, made, stack, frame, pool, speed, shape, f"program {seed} {number}")


class Hop:
    """A pool that hands out any of its connections: for each transaction, in autocommit for each statement."""

    def __init__(self, program: Program, size: int) -> None:
        self.program = program
        self.members = [program.open() for _ in range(size)]
        self.current: Any = None

    def begin(self) -> None:
        """Take a connection."""
        if self.program.plan.frame != "autocommit":
            self.current = self.program.chance.choice(self.members)
            self.current.begin()

    def commit(self) -> None:
        """Give it back."""
        if self.current is not None:
            self.current.commit()
            self.current = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current or self.program.chance.choice(self.members), name)


class Checkout:
    """One client's view of connections that clients share: taken for a transaction or a statement."""

    def __init__(self, free: Queue[Any], autocommit: bool) -> None:
        self.free, self.autocommit = free, autocommit
        self.held: Any = None

    def begin(self) -> None:
        """Take a connection."""
        if not self.autocommit:
            self.held = self.free.get()
            self.held.begin()

    def commit(self) -> None:
        """Give it back."""
        if self.held is not None:
            self.held.commit()
            self.free.put(self.held)
            self.held = None

    def __getattr__(self, name: str) -> Any:
        if self.held is not None:
            return getattr(self.held, name)

        def call(*arguments: Any, **named: Any) -> Any:
            taken = self.free.get()
            try:
                return getattr(taken, name)(*arguments, **named)
            finally:
                self.free.put(taken)

        return call


def play(program: Program) -> None:
    """Run a program."""
    plan, chance = program.plan, program.chance
    program.clock.wait(chance.uniform(0.05, 20.0))
    if plan.shape in LOOKALIKES:
        stack = program.open()
        for _ in range(chance.choice((1, 1, 2))):
            LOOKALIKES[plan.shape](program, stack)
            program.pause()
        return
    if plan.pool == "pooler":
        return _clients(program)
    stack = Hop(program, chance.randint(2, 4)) if plan.pool == "hop" else program.open()
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        _request(program, stack)
        program.done()
        program.pause(0.2, 4.0)


def _request(program: Program, stack: Any) -> None:
    """Run one request with its loop."""
    plan, chance = program.plan, program.chance
    read, body = SHAPES[plan.shape](program) if not hasattr(program, "shape") else program.shape
    program.shape = read, body  # type: ignore[attr-defined]
    length = rounds(chance) if plan.pool == "one" else max(10, min(rounds(chance), 60))
    before = chance.random() < 0.2 and plan.frame == "transaction"
    if not before:
        stack.begin()
    if chance.random() < 0.5:
        _other(program, stack, 0)
    rows = read(stack, length)
    distance = chance.random()
    if distance < 0.2:
        program.clock.wait(chance.uniform(0.02, 0.3))
    elif distance < 0.4:
        for number in range(1, chance.randint(2, 5)):
            _other(program, stack, number)
    if before:
        stack.begin()
    if plan.frame == "commit-each":
        stack.commit()
    _rounds(program, stack, rows, body)
    if plan.frame != "commit-each":
        stack.commit()


def _other(program: Program, stack: Any, number: int) -> None:
    """Ask something that has nothing to do with the loop, each number its own question."""
    tables = program.domain["pref"], program.domain["group"], program.domain["code"], program.domain["head"]
    table = tables[number % 4]
    if number % 4 == 0:
        stack.select(table, {"k": "setting 7"})
    else:
        stack.select(table, {}, order=table.key[0], limit=1)


def _rounds(program: Program, stack: Any, rows: Sequence[Any], body: Any) -> None:
    plan, chance = program.plan, program.chance
    if plan.pool in ("gather", "fresh"):
        return _at_once(program, rows, body)
    if plan.frame == "pipeline":
        with stack.connection.pipeline():
            for row in rows:
                body(stack, row)
        return None
    noise = chance.choice((0.0, 0.0, 0.1, 1.0))
    for row in rows:
        if plan.frame == "commit-each":
            stack.begin()
        body(stack, row)
        if chance.random() < noise:
            _other(program, stack, 0)
        if plan.frame == "commit-each":
            stack.commit()
        if plan.pool == "pooler":
            time.sleep(program.pace())
        else:
            program.work()
    return None


def _at_once(program: Program, rows: Sequence[Any], body: Any) -> None:
    """Run all rounds at once over several connections, kept or opened anew."""
    workers = program.chance.randint(3, 6)
    free: Queue[Any] = Queue()
    if program.plan.pool == "gather":
        members = getattr(program, "members", None) or [program.open() for _ in range(workers)]
        program.members = members  # type: ignore[attr-defined]
        for member in members:
            free.put(member)

    def one(row: Any) -> None:
        if program.plan.pool == "fresh":
            return body(program.open(), row)
        member = free.get()
        try:
            return body(member, row)
        finally:
            free.put(member)

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(one, rows))


def _clients(program: Program) -> None:
    """Run several clients at once over fewer shared connections."""
    free: Queue[Any] = Queue()
    clients = program.chance.randint(2, 4)
    for _ in range(program.chance.randint(2, 3)):
        free.put(program.open())
    SHAPES_READY = SHAPES[program.plan.shape](program)
    program.shape = SHAPES_READY  # type: ignore[attr-defined]
    autocommit = program.plan.frame == "autocommit"
    threads = [threading.Thread(target=_request, args=(program, Checkout(free, autocommit))) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    program.done()


def generate(count: int, seed: int, folder: Path) -> Generated:
    """Run `count` programs drawn by `seed` and keep what the server logged in `folder`."""
    taken: set[str] = set()
    domains = [domain(number, seed, taken) for number in range(-(-count // SHARING))]
    plans = [draw(number, seed, domains[number // SHARING]) for number in range(count)]
    facts: list[Fact] = []
    clocks: dict[str, Clock] = {}
    schema = ";\n".join(text for made in domains for text in sql(made)) + ";\nANALYZE;\n"
    (folder / "schema.sql").write_text(schema)
    with Server(embedded_binaries(), SETTINGS) as server:
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        with server.connect(DATABASE) as connection:
            connection.execute("SET log_min_duration_statement = -1")
            connection.execute("CREATE EXTENSION pg_stat_statements")
            connection.execute(schema.encode())
            connection.execute("SELECT pg_stat_statements_reset()")

        def one(plan: Plan) -> str | None:
            program = Program(plan, str(server.folder), DATABASE)
            try:
                play(program)
                facts.extend(program.facts())
                clocks[plan.name] = program.clock
            except Exception:
                return f"{plan}\n{traceback.format_exc()}"
            finally:
                program.close()
            return None

        order = sorted(plans, key=lambda plan: random.Random(plan.seed).random())
        with ThreadPoolExecutor(AT_ONCE) as pool:
            troubles = [found for found in pool.map(one, order) if found]
        if troubles:
            raise SystemExit("\n".join(troubles[:3]) + f"\n{len(troubles)} programs failed")
        time.sleep(0.5)
        with server.connect(DATABASE) as connection:
            connection.execute("SET log_min_duration_statement = -1")
            query = (
                "COPY (SELECT * FROM pg_stat_statements ORDER BY total_exec_time DESC) TO STDOUT (FORMAT csv, HEADER)"
            )
            with connection.cursor().copy(query) as copy:
                (folder / "statements.csv").write_bytes(b"".join(copy))
        for path in sorted((server.data / "log").iterdir()):
            shutil.copy(path, folder / path.name)
    return Generated(folder, tuple(sorted(facts, key=repr)), clocks, {plan.name: plan for plan in plans})
