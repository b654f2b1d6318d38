"""SQLAlchemy asynchronous (asyncpg, psycopg) and plain asyncpg: loops and look-alikes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from tests.nplus1_corpus.domain import PARENTS, Family
from tests.nplus1_corpus.registry import PAUSE, REGISTRY, Environment, Label
from tests.nplus1_corpus.sqlalchemy_cases import models

positive, lookalike = REGISTRY.positive, REGISTRY.lookalike


@asynccontextmanager
async def engine(env: Environment, driver: str, **options: Any) -> AsyncIterator[AsyncEngine]:
    """Yield an engine whose connections carry the case's application name."""
    asyncpg_driver = driver.endswith("asyncpg")
    named = {"application_name": env.application}
    arguments: dict[str, Any] = {"server_settings": named} if asyncpg_driver else named
    made = create_async_engine(env.url(driver), connect_args=arguments, **{"pool_size": 1, **options})
    try:
        yield made
    finally:
        await made.dispose()


def where(env: Environment) -> dict[str, Any]:
    """Return asyncpg's connection arguments."""
    named = {"application_name": env.application}
    return {"host": env.host, "port": 5432, "user": "postgres", "database": env.database, "server_settings": named}


async def lazily(env: Environment, family: Family, driver: str) -> None:
    """Load children on first touch, as `run_sync` code and awaitable attributes do."""
    made = models(family)

    def page(db: Any, tenant: int) -> None:
        parent = made[family.parent]
        for row in db.scalars(select(parent).where(parent.tenant_id == tenant).order_by(parent.name).limit(9)):
            len(row.children)

    async with engine(env, driver) as db_engine:
        for _ in env.requests(5):
            async with AsyncSession(db_engine) as db:
                await db.run_sync(page, env.chance.randint(1, 8))
                await db.commit()
            await asyncio.sleep(PAUSE)


@positive(Family("clinics", "patients", "clinic_id"))
def async_asyncpg(env: Environment, family: Family) -> None:
    """Lazy loading over asyncpg, which prepares every statement."""
    asyncio.run(lazily(env, family, "postgresql+asyncpg"))


@positive(Family("schools", "pupils", "school_id"))
def async_psycopg(env: Environment, family: Family) -> None:
    """Lazy loading over asynchronous psycopg."""
    asyncio.run(lazily(env, family, "postgresql+psycopg"))


@positive(Family("gates", "tickets_sold", "gate_id"))
def async_plain_loop(env: Environment, family: Family) -> None:
    """Plain asyncpg, one connection, one await after the other."""

    async def run() -> None:
        connection = await asyncpg.connect(**where(env))
        for _ in env.requests(6):
            tenant = env.chance.randint(1, 8)
            for row in await connection.fetch("SELECT id FROM gates WHERE tenant_id = $1 LIMIT 8", tenant):
                await connection.fetchval("SELECT sum(amount) FROM tickets_sold WHERE gate_id = $1", row["id"])
            await asyncio.sleep(PAUSE)
        await connection.close()

    asyncio.run(run())


@lookalike(Family("mines", "ores", "mine_id"))
def async_cursor(env: Environment, family: Family) -> None:
    """A portal read in portions: one execution, many fetches."""

    async def run() -> None:
        connection = await asyncpg.connect(**where(env))
        for tenant in range(1, 5):
            async with connection.transaction():
                async for _ in connection.cursor("SELECT * FROM ores WHERE tenant_id = $1", tenant, prefetch=20):
                    pass
        await connection.close()

    asyncio.run(run())


@lookalike(Family("ports", "cargoes", "port_id"))
def async_data_loader(env: Environment, family: Family) -> None:
    """GraphQL data loaders: a few batched look-ups a request, of different lengths."""

    async def run() -> None:
        connection = await asyncpg.connect(**where(env))
        for _ in env.requests(5):
            for _level in range(6):
                keys = env.chance.sample(range(1, PARENTS), env.chance.randint(2, 12))
                await connection.fetch("SELECT * FROM cargoes WHERE port_id = ANY($1::bigint[])", keys)
            await asyncio.sleep(PAUSE)
        await connection.close()

    asyncio.run(run())


@lookalike(Family("airlines", "flights", "airline_id"))
def async_many_clients(env: Environment, family: Family) -> None:
    """Independent visitors over one pool, each asking for one row at a moment of its own."""

    async def visitor(pool: asyncpg.Pool, delay: float, number: int) -> None:
        await asyncio.sleep(delay)
        await pool.fetchrow("SELECT id, name FROM airlines WHERE id = $1", number)

    async def run() -> None:
        async with asyncpg.create_pool(**where(env), min_size=4, max_size=4) as pool:
            await asyncio.gather(
                *(visitor(pool, env.chance.uniform(0, 4), env.chance.randint(1, PARENTS)) for _ in range(40))
            )

    asyncio.run(run())


@positive(Family("leagues", "teams", "league_id"), Label("row-by-row-update", "leagues", "leagues"))
def async_update_loop(env: Environment, family: Family) -> None:
    """Rows read, then each updated with its own value, one await after the other."""

    async def run() -> None:
        connection = await asyncpg.connect(**where(env))
        for request in env.requests(4):
            async with connection.transaction():
                rows = await connection.fetch("SELECT id, amount FROM leagues WHERE tenant_id = $1 LIMIT 11", 2)
                for row in rows:
                    amount = request + row["id"]
                    await connection.execute("UPDATE leagues SET amount = $1 WHERE id = $2", amount, row["id"])
            await asyncio.sleep(PAUSE)
        await connection.close()

    asyncio.run(run())
