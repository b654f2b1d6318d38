"""One request's loop over several connections at once (gather, threads, pools), and crowds that merely look like it."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, LiteralString

import asyncpg
import psycopg
from django.db import connections
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.nplus1_corpus.async_cases import engine as async_engine
from tests.nplus1_corpus.async_cases import where
from tests.nplus1_corpus.django_cases import database, make
from tests.nplus1_corpus.domain import PARENTS, Family
from tests.nplus1_corpus.registry import PAUSE, REGISTRY, Environment, Label
from tests.nplus1_corpus.sqlalchemy_cases import models

positive, lookalike = REGISTRY.positive, REGISTRY.lookalike


@contextmanager
def pool(env: Environment, size: int) -> Iterator[ConnectionPool]:
    """Yield a filled psycopg pool; it hands out the connection that was idle longest."""
    with ConnectionPool(env.conninfo, min_size=size, max_size=size, kwargs={"autocommit": True}) as made:
        made.wait()
        yield made


def ask(made: ConnectionPool, statement: LiteralString, values: Sequence[Any]) -> list[Any]:
    """Run one statement on a connection of the pool."""
    with made.connection() as connection:
        return connection.execute(statement, values).fetchall()


def crowd(visitors: int, visit: Callable[[int], None]) -> None:
    """Let that many visitors in at the same moment, each in a thread of its own, and wait for them."""
    gate = threading.Barrier(visitors)

    def one(number: int) -> None:
        gate.wait()
        visit(number)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@positive(Family("brokers", "trades", "broker_id"))
def async_gather(env: Environment, family: Family) -> None:
    """One look-up per row, all at once over a pool: the loop is spread over sessions."""

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=8, max_size=8) as pool:
            for _ in env.requests(5):
                rows = await pool.fetch("SELECT id, name FROM brokers WHERE tenant_id = $1 ORDER BY id LIMIT 24", 3)
                await asyncio.gather(
                    *(pool.fetch("SELECT id, amount FROM trades WHERE broker_id = $1", row["id"]) for row in rows)
                )
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@positive(Family("carriers", "parcels_sent", "carrier_id"))
def pool_sqlalchemy_gather(env: Environment, family: Family) -> None:
    """`asyncio.gather` over rows, each task with a session of its own from the engine's pool."""
    made = models(family)

    async def children(db_engine: Any, number: int) -> None:
        async with AsyncSession(db_engine) as db:
            (await db.scalars(select(made[family.child]).where(made[family.child].carrier_id == number))).all()

    async def run() -> None:
        async with async_engine(env, "postgresql+asyncpg", pool_size=8) as db_engine:
            for _ in env.requests(6):
                parent = made[family.parent]
                tenant = env.chance.randint(1, 8)
                async with AsyncSession(db_engine) as db:
                    chosen = select(parent.id).where(parent.tenant_id == tenant).order_by(parent.name).limit(20)
                    numbers = (await db.scalars(chosen)).all()
                await asyncio.gather(*(children(db_engine, number) for number in numbers))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@positive(Family("towns", "lanes", "town_id"))
def pool_threads_psycopg(env: Environment, family: Family) -> None:
    """A thread pool over a connection pool; the list has no LIMIT."""
    with pool(env, 6) as made, ThreadPoolExecutor(6) as threads:
        for _ in env.requests(5):
            tenant = env.chance.randint(1, 8)
            rows = ask(made, "SELECT id FROM towns WHERE tenant_id = %s ORDER BY name", [tenant])
            list(threads.map(lambda row: ask(made, "SELECT name, amount FROM lanes WHERE town_id = %s", row), rows))
            env.pause(0.25)


@positive(Family("doctors", "appointments", "doctor_id"))
def pool_django_threads(env: Environment, family: Family) -> None:
    """Django's ORM in a thread pool: each thread has its own connection."""
    alias, (parent, _) = database(env), make(family)

    def count(row: Any) -> int:
        return int(row.children.filter(status="open").count())

    def close(_: int) -> None:
        gate.wait()
        connections[alias].close()

    gate = threading.Barrier(5)
    with ThreadPoolExecutor(5) as threads:
        for _ in env.requests(5):
            rows = list(parent.objects.using(alias).filter(tenant_id=env.chance.randint(1, 8))[:18])
            list(threads.map(count, rows))
            env.pause(0.25)
        list(threads.map(close, range(5)))
    connections[alias].close()


@positive(Family("galleries", "sculptures", "gallery_id"), Label("n-plus-one", "galleries", "sculptures"))
def pool_asyncpg_to_one(env: Environment, family: Family) -> None:
    """What the rows point at, fetched all at once, each once."""

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=6, max_size=6) as made:
            for _ in env.requests(5):
                rows = await made.fetch(
                    "SELECT id, gallery_id FROM sculptures WHERE amount < $1 ORDER BY created_at LIMIT 30",
                    env.chance.randint(40, 90),
                )
                keys = {row["gallery_id"] for row in rows}
                await asyncio.gather(*(made.fetchrow("SELECT * FROM galleries WHERE id = $1", key) for key in keys))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@positive(Family("suppliers", "contracts", "supplier_id"))
def pool_semaphore(env: Environment, family: Family) -> None:
    """Asynchronous psycopg, four at a time behind a semaphore."""

    async def run() -> None:
        async with AsyncConnectionPool(env.conninfo, min_size=4, max_size=4, kwargs={"autocommit": True}) as made:
            await made.wait()
            turn = asyncio.Semaphore(4)

            async def one(number: int) -> None:
                async with turn, made.connection() as connection:
                    await connection.execute("SELECT * FROM contracts WHERE supplier_id = %s", [number])

            for _ in env.requests(5):
                async with made.connection() as connection:
                    tenant = env.chance.randint(1, 8)
                    chosen = await connection.execute("SELECT id FROM suppliers WHERE tenant_id = %s", [tenant])
                    rows = await chosen.fetchall()
                await asyncio.gather(*(one(row[0]) for row in rows))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@positive(Family("venues", "concerts", "venue_id", second="reviews_written"),
          Label("n-plus-one", "concerts", "venues"), Label("n-plus-one", "reviews_written", "venues"))  # fmt: skip
def pool_two_lookups_a_task(env: Environment, family: Family) -> None:
    """Each task asks two questions about its row."""
    with pool(env, 5) as made, ThreadPoolExecutor(5) as threads:

        def details(row: Any) -> None:
            with made.connection() as connection:
                connection.execute("SELECT name FROM concerts WHERE venue_id = %s", row)
                connection.execute("SELECT avg(amount) FROM reviews_written WHERE venue_id = %s", row)

        for _ in env.requests(5):
            tenant = env.chance.randint(1, 8)
            list(threads.map(details, ask(made, "SELECT id FROM venues WHERE tenant_id = %s LIMIT 25", [tenant])))
            env.pause(0.25)


@positive(Family("depots", "wagons", "depot_id"))
def pool_one_after_the_other(env: Environment, family: Family) -> None:
    """A plain loop, but each round takes whichever connection was idle longest."""
    with pool(env, 7) as made:
        for _ in env.requests(5):
            tenant = env.chance.randint(1, 8)
            for row in ask(made, "SELECT id FROM depots WHERE tenant_id = %s LIMIT 22", [tenant]):
                ask(made, "SELECT id, name FROM wagons WHERE depot_id = %s", row)
            env.pause(0.25)


@positive(Family("zoos", "cages", "zoo_id"))
def pool_among_visitors(env: Environment, family: Family) -> None:
    """A page that fans out while other visitors ask for single zoos and lists of their own."""
    with pool(env, 6) as made, ThreadPoolExecutor(6) as threads:
        over = threading.Event()

        def visitor(seed: int) -> None:
            chance = random.Random(seed)
            while not over.wait(chance.uniform(0.05, 0.3)):
                ask(made, "SELECT name FROM zoos WHERE id = %s", [chance.randint(1, PARENTS)])
                ask(made, "SELECT enabled FROM feature_flags WHERE name = %s", [f"flag{chance.randint(1, 20)}"])

        visitors = [threading.Thread(target=visitor, args=(seed,)) for seed in range(3)]
        for thread in visitors:
            thread.start()
        for _ in env.requests(6):
            tenant = env.chance.randint(1, 8)
            rows = ask(made, "SELECT id FROM zoos WHERE tenant_id = %s ORDER BY id", [tenant])
            cages: LiteralString = "SELECT id, status FROM cages WHERE zoo_id = %s ORDER BY id LIMIT 3"
            list(threads.map(partial(ask, made, cages), rows))
            env.pause(0.25)
        over.set()
        for thread in visitors:
            thread.join()


@lookalike(Family("shoppers", "baskets", "shopper_id"))
def pool_crowd(env: Environment, family: Family) -> None:
    """Twenty visitors at the same moment, each loading its own row; now and then somebody opens the list."""
    with pool(env, 8) as made:
        over = threading.Event()

        def lister() -> None:
            while not over.wait(0.15):
                ask(made, "SELECT id, name FROM shoppers WHERE tenant_id = %s LIMIT 20", [3])

        thread = threading.Thread(target=lister)
        thread.start()
        for _ in env.requests(8):
            chosen = env.chance.sample(range(1, PARENTS), 20)
            crowd(20, lambda n, chosen=chosen: ask(made, "SELECT * FROM shoppers WHERE id = %s", [chosen[n]]))  # type: ignore[misc]
            env.pause(0.3)
        over.set()
        thread.join()


@lookalike(Family("guests", "stays", "guest_id"))
def pool_crowd_of_pages(env: Environment, family: Family) -> None:
    """Twenty visitors at once, each with a page of its own: its user, its list, the one row it opens."""
    with pool(env, 8) as made:

        def page(guest: int) -> None:
            with made.connection() as connection:
                connection.execute("SELECT id, name FROM app_users WHERE id = %s", [guest])
                rows = connection.execute("SELECT id FROM stays WHERE guest_id = %s LIMIT 10", [guest]).fetchall()
            ask(made, "SELECT * FROM stays WHERE id = %s", rows[0])
            ask(made, "SELECT * FROM guests WHERE id = %s", [guest])

        for _ in env.requests(8):
            chosen = env.chance.sample(range(1, PARENTS), 20)
            crowd(20, lambda n, chosen=chosen: page(chosen[n]))  # type: ignore[misc]
            env.pause(0.3)


@lookalike(Family("readers", "bookmarks", "reader_id"))
def pool_load_test(env: Environment, family: Family) -> None:
    """A load test: eight clients without a pause, each request a list and one row of it."""
    with pool(env, 8) as made:
        until = time.monotonic() + 0.8

        def client(seed: int) -> None:
            chance = random.Random(seed)
            while time.monotonic() < until:
                rows = ask(made, "SELECT id FROM readers WHERE tenant_id = %s LIMIT 10", [chance.randint(1, 8)])
                ask(made, "SELECT * FROM readers WHERE id = %s", chance.choice(rows))
                ask(made, "SELECT * FROM bookmarks WHERE reader_id = %s", chance.choice(rows))

        crowd(8, client)


@lookalike(Family("listings", "photos", "listing_id"))
def pool_flash_crowd(env: Environment, family: Family) -> None:
    """Some hundred visitors a second at moments of their own; one in twelve opens the list, the others one row."""

    async def visitor(made: asyncpg.Pool, delay: float, number: int) -> None:
        await asyncio.sleep(delay)
        if number % 12 == 0:
            await made.fetch("SELECT id, name FROM listings WHERE tenant_id = $1 ORDER BY id LIMIT 30", 1 + number % 8)
        else:
            await made.fetchrow("SELECT * FROM listings WHERE id = $1", number)

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=10, max_size=10) as made:
            await asyncio.gather(
                *(visitor(made, env.chance.uniform(0, 4), env.chance.randint(1, PARENTS)) for _ in range(500))
            )

    asyncio.run(run())


@lookalike(Family("tasks", "task_notes", "task_id"))
def pool_queue_workers(env: Environment, family: Family) -> None:
    """A dispatcher picks open tasks and hands each to a worker, which reads its task, works and writes it."""
    with pool(env, 9) as made, ThreadPoolExecutor(8) as workers:

        def work(row: Any) -> None:
            with made.connection() as connection, connection.transaction():
                connection.execute("SELECT * FROM tasks WHERE id = %s", row)
                connection.execute("UPDATE tasks SET status = %s, amount = %s WHERE id = %s", ["done", 1, *row])

        for request in env.requests(4):
            rows = ask(made, "SELECT id FROM tasks WHERE tenant_id = %s ORDER BY created_at LIMIT 20", [request + 1])
            list(workers.map(work, rows))
            env.pause(0.25)


@lookalike(Family("dishes_sold", "plates_served", "dish_id"))
def pool_warm_up(env: Environment, family: Family) -> None:
    """A cache warmed by chunks of keys, all at once."""

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=6, max_size=6) as made:
            for _ in env.requests(4):
                keys = [row["id"] for row in await made.fetch("SELECT id FROM dishes_sold ORDER BY id")]
                parts = [keys[start : start + 20] for start in range(0, len(keys), 20)]
                statement = "SELECT * FROM plates_served WHERE dish_id = ANY($1::bigint[])"
                await asyncio.gather(*(made.fetch(statement, part) for part in parts))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@lookalike(Family("savings", "deposits", "saving_id"))
def pool_retries_together(env: Environment, family: Family) -> None:
    """Twelve transactions that collide and try again at the same moment, each reading its own row first."""
    with pool(env, 12) as made:

        def transfer(number: int) -> None:
            for attempt in range(4):
                try:
                    with made.connection() as connection, connection.transaction():
                        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                        connection.execute("SELECT amount FROM savings WHERE id = %s", [number + 2])
                        connection.execute("UPDATE savings SET amount = amount + 1 WHERE id = %s", [1])
                    return
                except psycopg.errors.SerializationFailure:
                    time.sleep(0.05 * (attempt + 1))

        for _ in env.requests(4):
            crowd(12, transfer)
            env.pause(0.3)


@lookalike(Family("regions_served", "depots_served", "region_id"))
def pool_starts_up(env: Environment, family: Family) -> None:
    """Pools that open: each connection asks for its settings."""

    def configure(connection: psycopg.Connection[Any]) -> None:
        connection.execute("SET statement_timeout = '5s'")
        connection.execute("SELECT name, status FROM regions_served WHERE id = %s", [1])
        connection.execute("SELECT 1")

    for _ in env.requests(3):
        options: dict[str, Any] = {"min_size": 14, "max_size": 14, "configure": configure, "num_workers": 14}
        with ConnectionPool(env.conninfo, kwargs={"autocommit": True}, **options) as made:
            made.wait()
            ask(made, "SELECT count(*) FROM depots_served WHERE region_id = %s", [env.chance.randint(1, PARENTS)])
        env.pause(0.2)


@lookalike(Family("nodes", "node_checks", "node_id"))
def pool_health_checks(env: Environment, family: Family) -> None:
    """Twelve probes at the same second: each looks whether the server answers and reads the same row."""
    with pool(env, 6) as made:

        def probe(_: int) -> None:
            ask(made, "SELECT 1", [])
            ask(made, "SELECT status FROM nodes WHERE id = %s", [1])

        for _ in env.requests(5):
            ask(made, "SELECT id FROM nodes WHERE status = %s", ["open"])
            crowd(12, probe)
            env.pause(0.3)


@lookalike(Family("topics", "replies", "topic_id"))
def pool_data_loaders(env: Environment, family: Family) -> None:
    """Data loaders of many visitors: batches over the pool, all at once."""
    made_models = models(family)

    async def load(db_engine: Any, keys: list[int]) -> None:
        async with AsyncSession(db_engine) as db:
            child = made_models[family.child]
            await db.execute(select(child.topic_id, func.count()).where(child.topic_id.in_(keys)).group_by("topic_id"))

    async def run() -> None:
        async with async_engine(env, "postgresql+psycopg", pool_size=6) as db_engine:
            for _ in env.requests(4):
                parent = made_models[family.parent]
                async with AsyncSession(db_engine) as db:
                    numbers = list((await db.scalars(select(parent.id).where(parent.tenant_id == 2))).all())
                await asyncio.gather(*(load(db_engine, env.chance.sample(numbers, 5)) for _ in range(14)))
                await asyncio.sleep(PAUSE * 2)

    asyncio.run(run())


@lookalike(Family("quizzes", "answers", "quiz_id"))
def pool_busy_writers(env: Environment, family: Family) -> None:
    """Players who all answer when the question is shown: one row written by each."""
    with pool(env, 8) as made:
        for _ in env.requests(5):
            ask(made, "SELECT id, name FROM quizzes WHERE tenant_id = %s LIMIT 18", [env.chance.randint(1, 8)])
            chosen = env.chance.sample(range(1, 1000), 18)

            def answer(player: int, chosen: list[int] = chosen) -> None:
                with made.connection() as connection:
                    connection.execute("UPDATE answers SET amount = %s WHERE id = %s", [player, chosen[player]])

            crowd(18, answer)
            env.pause(0.3)


@lookalike(Family("doors", "door_openings", "door_id"))
def pool_audit_lines(env: Environment, family: Family) -> None:
    """Eight clients without a pause, each request a look-up and one line written about it."""
    with pool(env, 8) as made:
        until = time.monotonic() + 0.6

        def client(seed: int) -> None:
            chance = random.Random(seed)
            while time.monotonic() < until:
                door = chance.randint(1, PARENTS)
                ask(made, "SELECT name FROM doors WHERE id = %s", [door])
                with made.connection() as connection:
                    connection.execute(
                        "INSERT INTO door_openings (door_id, tenant_id, name, status, amount, created_at)"
                        " VALUES (%s, 1, %s, 'new', %s, now())", [door, f"card {chance.random()}", chance.randint(0, 9)],
                    )  # fmt: skip

        crowd(8, client)


@lookalike(Family("probes", "measurements", "probe_id"))
def pool_event_collector(env: Environment, family: Family) -> None:
    """Two hundred events a second, each written when it comes in."""

    async def event(made: asyncpg.Pool, delay: float, sensor: int, amount: int) -> None:
        await asyncio.sleep(delay)
        await made.execute(
            "INSERT INTO measurements (probe_id, tenant_id, name, status, amount, created_at)"
            " VALUES ($1, 1, 'value', 'new', $2, now())", sensor, amount,
        )  # fmt: skip

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=5, max_size=5) as made:
            chance = env.chance
            events = ((chance.uniform(0, 2), chance.randint(1, PARENTS), chance.randint(0, 90)) for _ in range(400))
            await asyncio.gather(*(event(made, *values) for values in events))

    asyncio.run(run())


@lookalike(Family("carts", "cart_lines", "cart_id"))
def pool_saved_by_everybody(env: Environment, family: Family) -> None:
    """Clients without a pause, each request reading its row and writing it back."""
    with pool(env, 6) as made:
        until = time.monotonic() + 0.6

        def client(seed: int) -> None:
            chance = random.Random(seed)
            while time.monotonic() < until:
                cart = chance.randint(1, PARENTS)
                ask(made, "SELECT id, amount FROM cart_lines WHERE cart_id = %s", [cart])
                with made.connection() as connection:
                    connection.execute("UPDATE carts SET amount = %s WHERE id = %s", [chance.randint(0, 99), cart])

        crowd(6, client)
